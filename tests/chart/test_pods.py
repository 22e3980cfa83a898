"""What the chart's pods are allowed, and that they start the programs as the programs want it."""

import re

import yaml

from harness import chart
from harness.chart import component, containers, of_kind, pod_spec, pods

DRAIN_SECONDS = 20  # docs/operations.md, "Drain"


def test_there_is_a_deployment_for_each_service(resources):
    assert sorted(component(it) for it in of_kind(resources, "Deployment")) == sorted(chart.SERVICES)


def test_images_have_a_tag_that_does_not_move_or_a_digest(resources):
    for _, container in containers(resources):
        assert re.fullmatch(r"[\w./-]+(:(?!latest$)[\w.-]+|@sha256:[0-9a-f]{64})", container["image"])


def test_pods_have_no_rights_to_speak_of(resources):
    for resource, spec in pods(resources):
        assert spec["automountServiceAccountToken"] is False, resource["metadata"]["name"]
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] > 0
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not any(spec.get(key) for key in ("hostNetwork", "hostPID", "hostIPC"))
        assert not any("hostPath" in volume for volume in spec.get("volumes", []))
    for _, container in containers(resources):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


def test_containers_have_requests_and_limits(resources):
    for _, container in containers(resources):
        for bound in ("requests", "limits"):
            assert {"cpu", "memory", "ephemeral-storage"} <= set(container["resources"][bound])


def test_volumes_that_are_written_to_are_bounded(resources):
    for _, spec in pods(resources):
        for volume in spec.get("volumes", []):
            if "emptyDir" in volume:
                assert "sizeLimit" in volume["emptyDir"]


def test_variables_are_ones_that_the_program_reads(resources):
    known = chart.documented_settings()
    for resource, container in containers(of_kind(resources, "Deployment")):
        for variable in container["env"]:
            if variable["name"] != "PGPASSWORD":  # libpq's
                assert component(resource) in known[variable["name"]][0], variable["name"]


def test_secrets_are_referred_to(resources):
    assert not of_kind(resources, "Secret")
    for _, container in containers(resources):
        for variable in container.get("env", []):
            if re.search(r"PASSWORD|API_KEY|STRIPE_KEY|SECRETS|OTLP_HEADERS|S3_(ACCESS|SECRET)_KEY|S3_SESSION_TOKEN", variable["name"]):
                assert "secretKeyRef" in variable["valueFrom"], variable["name"]
            else:
                assert not re.search(r"://[^/@]+:[^/@]+@", variable.get("value", "")), variable["name"]


def test_settings_of_all_are_each_services_unless_it_has_its_own(helm4):
    found = {
        (component(it), variable["value"])
        for it, container in containers(of_kind(helm4.resources("ha"), "Deployment"))
        for variable in container["env"]
        if variable["name"] == "OTEL_TRACES_SAMPLER_ARG"
    }
    assert found == {(name, "1" if name == "bridge" else "0.1") for name in chart.SERVICES}


def test_a_mesh_speaks_tls_with_each_services_own_certificate_or_says_that_it_does_not(helm4):
    for case in chart.CASES:
        for it, container in containers(of_kind(helm4.resources(case), "Deployment")):
            name = component(it)
            variables = {each["name"]: each.get("value") for each in container["env"]}
            secrets = [each["secret"]["secretName"] for each in chart.pod_spec(it).get("volumes", []) if "secret" in each]
            if case == "ha":
                assert f"{chart.RELEASE}-ocrmesh-mesh-{name}" in secrets
                assert variables["MESH_TLS_KEY"] == "/etc/ocrmesh/mesh/tls.key"
                assert "MESH_PLAINTEXT" not in variables
            else:  # a service refuses to serve others in plain text unless it is told to
                assert variables.get("MESH_PLAINTEXT") == (None if name == "bridge" else "true")


def test_ports_are_the_programs_own(resources):
    known = chart.documented_settings()
    for resource, container in containers(of_kind(resources, "Deployment")):
        name = component(resource)
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        variables = {variable["name"]: variable.get("value") for variable in container["env"]}
        for port, variable in {
            "http": "BRIDGE_LISTEN",
            "https": "BRIDGE_TLS_LISTEN",
            "grpc": f"{name.upper()}_LISTEN",
            "admin": f"{name.upper()}_ADMIN_LISTEN",
        }.items():
            if port in ports:
                default = known[variable][1].rpartition(":")[2]
                assert ports[port] == int(default) == int(variables[variable].rpartition(":")[2])


def test_every_target_is_a_service_with_that_port(resources):
    services = {it["metadata"]["name"]: it for it in of_kind(resources, "Service")}
    found = 0
    for _, container in containers(resources):
        for variable in container.get("env", []):
            if variable["name"].endswith("_TARGET"):
                name, port = re.fullmatch(
                    rf"dns:///([\w-]+)\.{chart.NAMESPACE}\.svc\.cluster\.local:(\d+)", variable["value"]
                ).groups()
                assert int(port) in [entry["port"] for entry in services[name]["spec"]["ports"]]
                assert services[name]["spec"]["clusterIP"] == "None"  # its pods are balanced over
                assert component(services[name]) == variable["name"].removesuffix("_TARGET").lower()
                found += 1
    assert found >= 9  # the edges of the mesh, and the test's


def test_grpc_ports_tell_their_protocol(resources):
    ports = [port for it in of_kind(resources, "Service") for port in it["spec"]["ports"]]
    protocols = {port.get("appProtocol") for port in ports if port["name"] == "grpc"}
    assert protocols in ({"kubernetes.io/h2c"}, {"grpc"}, {"https"})


def test_ports_of_services_and_probes_are_there(resources):
    for resource, container in containers(of_kind(resources, "Deployment")):
        names = {port["name"]: port["containerPort"] for port in container["ports"]}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            it = container[probe]
            port = it["httpGet"]["port"] if "httpGet" in it else it["grpc"]["port"]
            assert port in names or port in names.values()
        assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
        if component(resource) == "bridge" or "MESH_TLS_KEY" in [each["name"] for each in container["env"]]:
            assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
        else:
            assert container["readinessProbe"]["grpc"] == {"port": names["grpc"]}
    for service in of_kind(resources, "Service"):
        workloads = of_kind(resources, "Deployment", "StatefulSet")
        (spec,) = [chart.pod_spec(it) for it in workloads if component(it) == component(service)]
        ports = [port["name"] for port in spec["containers"][0]["ports"]]
        assert all(port["targetPort"] in ports for port in service["spec"]["ports"])


def test_a_pod_has_time_to_drain(resources):
    for it in of_kind(resources, "Deployment"):
        spec = chart.pod_spec(it)
        pause = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert pause >= 1 and spec["terminationGracePeriodSeconds"] >= pause + DRAIN_SECONDS + 5


def test_selectors_choose_the_pods_and_no_others(resources):
    labels = {}
    for it in of_kind(resources, "Deployment", "StatefulSet", "Job"):
        labels[it["metadata"]["name"]] = it["spec"]["template"]["metadata"]["labels"]
    for it in of_kind(resources, "Deployment", "StatefulSet", "PodDisruptionBudget", "NetworkPolicy", "Service"):
        selector = it["spec"].get("podSelector") or it["spec"]["selector"]
        selector = selector.get("matchLabels", selector)
        chosen = [name for name, those in labels.items() if selector.items() <= those.items()]
        expected = [name for name, those in labels.items() if those["app.kubernetes.io/component"] == component(it)]
        assert chosen == expected


def test_pods_of_a_service_are_spread(helm4):
    for it in of_kind(helm4.resources("default"), "Deployment"):
        constraints = chart.pod_spec(it)["topologySpreadConstraints"]
        assert {each["topologyKey"] for each in constraints} == {
            "topology.kubernetes.io/zone",
            "kubernetes.io/hostname",
        }
        for each in constraints:
            assert each["labelSelector"]["matchLabels"]["app.kubernetes.io/component"] == component(it)


def test_one_pod_at_a_time_may_be_taken_away(resources):
    budgets = {component(it): it["spec"]["maxUnavailable"] for it in of_kind(resources, "PodDisruptionBudget")}
    assert sorted(budgets) == sorted(chart.SERVICES)


def test_the_migration_job_migrates_each_schema_before_the_upgrade(helm4):
    (job,) = of_kind(helm4.resources("external-postgres"), "Job")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    commands = {each["name"]: each["command"] for each in chart.pod_spec(job)["containers"]}
    assert commands == {
        name: [f"/usr/local/bin/ocrmesh-{name}", "--migrate"] for name in ("billing", "chat", "ocr")
    }
    (job,) = of_kind(helm4.resources("default"), "Job")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-upgrade"  # its database is not there before
    assert not of_kind(helm4.resources("minimal"), "Job")


def test_the_database_is_verified_by_its_certificate(helm4):
    for name in ("ocr", "billing", "chat"):
        (it,) = [each for each in of_kind(helm4.resources("external-postgres"), "Deployment") if component(each) == name]
        (container,) = chart.pod_spec(it)["containers"]
        variables = {variable["name"]: variable for variable in container["env"]}
        assert variables["DATABASE_URL"]["value"] == (
            f"postgresql://{name}@postgres.databases.svc.cluster.local:6432/ocrmesh"
            "?sslmode=verify-full&sslrootcert=/etc/ocrmesh/database/ca.crt"
        )
        assert variables["PGPASSWORD"]["valueFrom"]["secretKeyRef"]["key"] == f"{name}-password"
        assert "/etc/ocrmesh/database" in [mount["mountPath"] for mount in container["volumeMounts"]]


def test_ocr_alone_gets_what_opens_the_bucket(helm4):
    found = {}
    for it, container in containers(of_kind(helm4.resources("s3"), "Deployment")):
        variables = {variable["name"]: variable for variable in container.get("env", []) if "_S3_" in variable["name"]}
        if variables:
            found[component(it)] = variables, container
    assert set(found) == {"ocr"}
    variables, container = found["ocr"]
    assert variables["OCR_S3_URL"]["value"] == "https://s3.storage.svc:9000"
    assert variables["OCR_S3_BUCKET"]["value"] == "ocr-files"
    assert variables["OCR_S3_PART_SIZE"]["value"] == "32MiB"
    assert variables["OCR_S3_CA_FILE"]["value"] == "/etc/ocrmesh/s3/root.pem"
    for name, key in (("ACCESS_KEY", "access-key"), ("SECRET_KEY", "secret-key"), ("SESSION_TOKEN", "session-token")):
        assert variables[f"OCR_S3_{name}"]["valueFrom"]["secretKeyRef"] == {"name": "ocrmesh-s3", "key": key}
    assert "/etc/ocrmesh/s3" in [mount["mountPath"] for mount in container["volumeMounts"]]
    for it, container in containers(of_kind(helm4.resources("external-postgres"), "Deployment")):
        assert not [variable for variable in container["env"] if "_S3_" in variable["name"]]


def test_keys_of_s3_may_be_a_file_that_changes(helm4):
    done = helm4.template("s3", "--set", "blobs.s3.credentialsKey=credentials")
    assert done.returncode == 0, done.stderr
    resources = [resource for resource in yaml.safe_load_all(done.stdout) if resource is not None]
    for it, container in containers(of_kind(resources, "Deployment")):
        variables = {variable["name"]: variable for variable in container.get("env", []) if "_S3_" in variable["name"]}
        mounts = {mount["name"]: mount for mount in container.get("volumeMounts", [])}
        if component(it) != "ocr":
            assert not variables and "s3-keys" not in mounts
            continue
        assert not {"OCR_S3_ACCESS_KEY", "OCR_S3_SECRET_KEY", "OCR_S3_SESSION_TOKEN"} & set(variables)
        folder, name = variables["OCR_S3_CREDENTIALS_FILE"]["value"].rsplit("/", 1)
        assert "subPath" not in mounts["s3-keys"] and mounts["s3-keys"]["mountPath"] == folder  # or it would stay as it is
        (volume,) = [volume for volume in pod_spec(it)["volumes"] if volume["name"] == "s3-keys"]
        assert volume["secret"]["secretName"] == "ocrmesh-s3"
        assert volume["secret"]["items"] == [{"key": "credentials", "path": name}]
