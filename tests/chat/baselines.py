"""What retrieval is compared with: rankings of the same passages by rank_bm25 and PostgreSQL."""

from rank_bm25 import BM25Okapi

from . import score, text

# PostgreSQL's text search configuration by language; the others take "simple".
CONFIGURATIONS = {
    "ar": "arabic",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fr": "french",
    "hi": "hindi",
    "it": "italian",
    "ru": "russian",
}


def whole(passage):
    return f"{passage.context}\n{passage.text}"


class Bm25:
    """PyPI's rank_bm25 as its README calls it, over words, and over characters where a script does
    not separate words."""

    name = "rank_bm25"

    def __init__(self, passages, _language):
        self.index = BM25Okapi([text.tokens(whole(passage)) or [""] for passage in passages])

    def rankings(self, queries):
        return [self._ranked(query) for query in queries]

    def _ranked(self, query):
        scores = self.index.get_scores(text.tokens(query))
        return sorted(range(len(scores)), key=lambda index: -scores[index])[: score.RANKS]


class PostgresSearch:
    """ts_rank_cd over to_tsvector with the language's configuration: a passage is found when it has
    one of the query's words, for plainto_tsquery's "all of them" finds next to nothing."""

    name = "postgresql"

    def __init__(self, cluster, passages, language):
        self.cluster = cluster
        self.passages = passages
        self.configuration = CONFIGURATIONS.get(language, "simple")

    def rankings(self, queries):
        found = [[] for _ in queries]
        for row in self.cluster.sql(self._statement(queries)):
            if len(row) == 2:
                found[int(row[0])].append(int(row[1]))
        return found

    def _statement(self, queries):
        return (
            f"WITH passage (i, v) AS (SELECT i, to_tsvector('{self.configuration}', t)"
            f" FROM (VALUES {numbered(map(whole, self.passages))}) AS x (i, t)),"
            " query (i, q) AS (SELECT i, replace(plainto_tsquery("
            f"'{self.configuration}', t)::text, '&', '|')::tsquery"
            f" FROM (VALUES {numbered(queries)}) AS x (i, t)),"
            " hit AS (SELECT query.i AS query, passage.i AS passage, row_number() OVER ("
            " PARTITION BY query.i ORDER BY ts_rank_cd(v, q) DESC, passage.i) AS place"
            " FROM query JOIN passage ON v @@ q)"
            f" SELECT query, passage FROM hit WHERE place <= {score.RANKS} ORDER BY query, place"
        )


def numbered(texts):
    return ", ".join(f"({index}, {literal(one)})" for index, one in enumerate(texts))


def literal(value):
    return "E'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("\0", " ") + "'"
