"""A mesh whose programs run inside of the root that tools/image-root.sh makes, as a container would run them."""

import re
import secrets
import subprocess
import sys
from pathlib import Path

from .mesh import Mesh
from .process import Process

SOURCE = Path(__file__).resolve().parents[2]
ENTER = Path(__file__).with_name("enter_image.py")
DATABASE_ROLES = ["ocr", "billing", "chat"]


def make_root(build, neural, folder, *languages):
    subprocess.run(
        [SOURCE / "tools/image-root.sh", build, neural, folder, *languages],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def container_environment():
    """What the Containerfile's last stage sets."""
    text = (SOURCE / "Containerfile").read_text().split("FROM scratch")[1]
    (block,) = re.findall(r"^ENV ((?:.*\\\n)*.*)$", text, re.MULTILINE)
    return dict(setting.split("=", 1) for setting in block.replace("\\\n", " ").split())


class ImageMesh(Mesh):
    def __init__(self, build, logs, root):
        self.root = root
        self.password = secrets.token_hex(16)
        super().__init__(build, logs, settings={"CHAT_EMBEDDINGS": "true"})

    def _process(self, name):
        environment = {
            variable: value
            for variable, value in self.environment.items()
            if re.match(r"(OCR|BILLING|EXPORT|CHAT|BRIDGE)_(?!WORK_DIR)", variable)
        }
        environment |= container_environment()
        if name in DATABASE_ROLES:
            environment["DATABASE_URL"] = f"postgresql://{name}@/ocrmesh?host=/tmp&sslmode=disable"
            environment["PGPASSWORD"] = self.password
        enter = ["/usr/bin/unshare", "--mount", "--propagation", "private", sys.executable, ENTER]
        command = [*enter, self.root, self.cluster.socket, f"/usr/local/bin/ocrmesh-{name}"]
        return Process(name, command, environment, self.logs / f"{name}.log")

    def start(self):
        """The roles come by password, as from another machine."""
        access = self.cluster.folder / "data/pg_hba.conf"
        access.write_text("local all ocr,billing,chat scram-sha-256\n" + access.read_text())
        self.cluster.socket.chmod(0o711)
        self.cluster.start()
        self.cluster.prepare()
        for role in DATABASE_ROLES:
            self.cluster.sql(f"ALTER ROLE {role} PASSWORD '{self.password}'")
        super().start()
