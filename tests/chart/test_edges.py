"""Who may reach whom, what scales what, how the world comes in, and what the chart refuses."""

import pytest
from harness import chart
from harness.chart import component, of_kind

# docs/operations.md, "Processes": who calls whom, by gRPC.
CALLERS = {
    "ocr": {"bridge", "chat", "export"},
    "billing": {"bridge", "ocr", "chat", "test"},  # the chart's test audits the books
    "chat": {"bridge"},
    "export": {"bridge"},
}


def policies(resources):
    return {component(it): it["spec"] for it in of_kind(resources, "NetworkPolicy")}


def peers(rule, key):
    return {
        peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"]
        for peer in rule.get(key, [])
        if "podSelector" in peer
    }


@pytest.fixture(params=[case for case in chart.CASES if case != "minimal"])
def guarded(request, helm4):
    return helm4.resources(request.param)


def test_each_pod_has_a_policy_for_both_directions(guarded):
    found = policies(guarded)
    assert set(found) == {component(it) for it, _ in chart.pods(guarded)}
    for spec in found.values():
        assert spec["policyTypes"] == ["Ingress", "Egress"]


def test_grpc_ports_are_open_to_those_who_call_them(guarded):
    for name, spec in policies(guarded).items():
        rules = [rule for rule in spec["ingress"] if {"port": "grpc", "protocol": "TCP"} in rule["ports"]]
        if name in CALLERS:
            assert set().union(*(peers(rule, "from") for rule in rules)) == CALLERS[name]
            assert all(rule["from"] for rule in rules)  # an empty list is everybody
        else:
            assert not rules


def test_each_call_is_open_at_both_ends(guarded):
    ports = {component(it): it["spec"]["ports"][0]["port"] for it in of_kind(guarded, "Service") if it["spec"].get("clusterIP")}
    found = policies(guarded)
    for callee, callers in CALLERS.items():
        for caller in callers:
            opened = [
                rule["ports"][0]["port"] for rule in found[caller]["egress"] if callee in peers(rule, "to")
            ]
            assert opened == [ports[callee]], (caller, callee)


def test_only_those_with_a_schema_reach_the_database(helm4):
    found = policies(helm4.resources("default"))
    assert peers(found["database"]["ingress"][0], "from") == {"ocr", "billing", "chat", "migration"}
    for name, spec in found.items():
        reaches = any("database" in peers(rule, "to") for rule in spec["egress"])
        assert reaches == (name in ("ocr", "billing", "chat", "migration"))
    assert found["database"]["egress"] == []


def test_who_reaches_the_internet_does_not_reach_private_networks(guarded):
    blocks = [
        (name, peer["ipBlock"])
        for name, spec in policies(guarded).items()
        for rule in spec["egress"]
        for peer in rule.get("to", [])
        if "ipBlock" in peer
    ]
    assert {name for name, _ in blocks} <= {"ocr", "billing"}
    for _, block in blocks:
        wanted = "10.0.0.0/8" if "." in block["cidr"] else "fc00::/7"
        assert wanted in block["except"]


def test_servers_that_settings_name_can_be_reached(helm4):
    found = policies(helm4.resources("external-postgres"))

    def open_ports(name):
        return {port["port"] for rule in found[name]["egress"] if "to" not in rule for port in rule["ports"]}

    assert 8000 in open_ports("ocr")  # OCR_VLM_URL=http://vision...:8000
    assert 443 in open_ports("chat")  # CHAT_LLM_URL=https://llm...
    found = policies(helm4.resources("ha"))
    for name in chart.SERVICES:
        assert 4318 in open_ports(name)  # OTEL_EXPORTER_OTLP_ENDPOINT=http://collector...:4318
    found = policies(helm4.resources("external-postgres"))
    assert 587 in open_ports("billing")  # BILLING_SMTP_URL=smtp://mail...:587


def test_ocr_alone_reaches_the_bucket(helm4):
    storage = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "storage"}}}]
    for name, spec in policies(helm4.resources("s3")).items():
        opened = [rule for rule in spec["egress"] if {"port": 9000, "protocol": "TCP"} in rule["ports"]]
        assert [rule["to"] for rule in opened] == ([storage] if name == "ocr" else []), name


def test_admin_ports_are_for_those_who_watch(guarded):
    for name, spec in policies(guarded).items():
        for rule in spec["ingress"]:
            if {"port": "admin", "protocol": "TCP"} in rule["ports"]:
                assert rule["from"] and not peers(rule, "from"), name
    for it in of_kind(guarded, "Service"):
        names = {port["name"] for port in it["spec"]["ports"]}
        assert "admin" not in names or it["spec"]["clusterIP"] == "None"  # never at a load balancer


def test_ocr_is_scaled_by_the_depth_of_its_queue(helm4):
    (scaled,) = of_kind(helm4.resources("ha"), "ScaledObject")
    assert scaled["spec"]["scaleTargetRef"]["name"] == f"{chart.RELEASE}-ocrmesh-ocr"
    query = scaled["spec"]["triggers"][0]["metadata"]["query"]
    assert query == (
        "sum(max by (tier, state) (ocrmesh_ocr_queue_pages"
        f'{{namespace="{chart.NAMESPACE}",service="{chart.RELEASE}-ocrmesh-ocr"}}))'
    )
    assert "`ocrmesh_ocr_queue_pages{tier,state}`" in (chart.CHART.parents[2] / "docs/operations.md").read_text()
    scalers = {component(it): it for it in of_kind(helm4.resources("external-postgres"), "HorizontalPodAutoscaler")}
    assert scalers["ocr"]["spec"]["metrics"][0]["external"]["metric"]["name"] == "ocrmesh_ocr_queue_pages"
    assert scalers["chat"]["spec"]["metrics"][0]["resource"]["name"] == "cpu"


def test_what_is_scaled_has_no_number_of_replicas(resources):
    scaled = {it["spec"]["scaleTargetRef"]["name"] for it in of_kind(resources, "HorizontalPodAutoscaler", "ScaledObject")}
    for it in of_kind(resources, "Deployment"):
        assert ("replicas" in it["spec"]) == (it["metadata"]["name"] not in scaled)


def test_the_ingress_takes_the_largest_body_and_holds_no_stream_back(helm4):
    resources = helm4.resources("external-postgres")
    (ingress,) = of_kind(resources, "Ingress")
    prefix = "nginx.ingress.kubernetes.io/"
    annotations = ingress["metadata"]["annotations"]
    (bridge,) = [it for it in of_kind(resources, "Deployment") if component(it) == "bridge"]
    variables = {each["name"]: each.get("value") for each in chart.pod_spec(bridge)["containers"][0]["env"]}
    assert (annotations[prefix + "proxy-body-size"], variables["BRIDGE_BODY_MAX"]) == ("200m", "200MiB")
    assert annotations[prefix + "proxy-buffering"] == annotations[prefix + "proxy-request-buffering"] == "off"
    assert int(annotations[prefix + "proxy-read-timeout"]) >= 3600


def test_the_gateways_route_ends_no_stream(helm4):
    (route,) = of_kind(helm4.resources("ha"), "HTTPRoute")
    (rule,) = route["spec"]["rules"]
    assert rule["timeouts"] == {"request": "0s", "backendRequest": "0s"}
    assert rule["backendRefs"] == [{"name": f"{chart.RELEASE}-ocrmesh-bridge", "port": 8080}]


def test_the_monitor_finds_each_service_once(helm4):
    resources = helm4.resources("ha")
    (monitor,) = of_kind(resources, "ServiceMonitor")
    selector = monitor["spec"]["selector"]["matchLabels"].items()
    found = [
        component(it)
        for it in of_kind(resources, "Service")
        if selector <= it["metadata"]["labels"].items()
        and any(port["name"] == monitor["spec"]["endpoints"][0]["port"] for port in it["spec"]["ports"])
    ]
    assert sorted(found) == sorted(chart.SERVICES)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("bridge.replica=3", "replica"),
        ("ocr.settings.OCR_WORKER=3", "OCR_WORKER"),
        ("ocr.settings.CHAT_LLM_MODEL=x", "CHAT_LLM_MODEL"),
        ("billing.settings.BILLING_SMTP_PASSWORD=x", "BILLING_SMTP_PASSWORD"),
        ("image.tag=latest", "tag"),
        ("podSecurityContext.runAsNonRoot=false", "runAsNonRoot"),
        ("podSecurityContext.runAsUser=0", "runAsUser"),
        ("terminationGracePeriodSeconds=10", "terminationGracePeriodSeconds"),
        ("database.sslMode=prefer", "sslMode"),
        ("database.existingSecret=", "database.existingSecret"),
        ("embeddedDatabase.enabled=false", "database.host"),
        ("ingress.enabled=true", "ingress.host"),
        ("networkPolicy.enabled=false", "meshTls.enabled"),
        ("gatewayRoute.enabled=true", "gatewayRoute.parentRefs"),
        ("blobs.s3.url=s3.example.com", "url"),
        ("blobs.s3.url=https://s3.example.com", "blobs.s3.existingSecret"),
        ("ocr.secrets.OCR_S3_SECRET_KEY.name=x", "OCR_S3_SECRET_KEY"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(helm, setting, message):
    done = helm.template("default", "--set", setting)
    assert done.returncode != 0
    assert message in done.stderr


def test_two_scalers_of_ocr_are_refused(helm):
    done = helm.template("ha", "--set", "ocr.autoscaling.enabled=true")
    assert done.returncode != 0 and "not both" in done.stderr


def test_an_old_kubernetes_is_refused(helm):
    done = helm.template("default", "--kube-version", "1.29.0")
    assert done.returncode != 0 and "1.30" in done.stderr


def test_the_notes_say_what_is_for_trial(helm4):  # Helm 3 asks a cluster even for this
    done = helm4.run("install", chart.RELEASE, chart.CHART, "--dry-run=client", "-f", chart.values_file("default"))
    assert "It is for trial." in done.stdout, done.stderr
