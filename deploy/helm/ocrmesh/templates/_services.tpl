{{/*
What the programs are. A test holds ports, targets and schemas against docs/configuration.md.
  port, admin   as the code's defaults
  calls         the services that it calls, by gRPC
  database      whether it has a schema and a role of its own
*/}}
{{- define "ocrmesh.facts" -}}
bridge: {port: 8080, tlsPort: 8443, admin: 9080, calls: [ocr, billing, chat, export], database: false}
ocr: {port: 50051, admin: 9051, calls: [billing], database: true}
billing: {port: 50052, admin: 9052, calls: [], database: true}
chat: {port: 50053, admin: 9053, calls: [ocr, billing], database: true}
export: {port: 50054, admin: 9054, calls: [ocr], database: false}
{{- end -}}

{{- define "ocrmesh.target" -}}
{{- $port := (get (include "ocrmesh.facts" .root | fromYaml) .name).port -}}
{{- printf "dns:///%s.%s.svc.%s:%v" (include "ocrmesh.name" .) .root.Release.Namespace .root.Values.clusterDomain $port -}}
{{- end -}}

{{- define "ocrmesh.databaseHost" -}}
{{- if .Values.embeddedDatabase.enabled -}}
{{- printf "%s.%s.svc.%s" (include "ocrmesh.name" (dict "root" . "name" "database")) .Release.Namespace .Values.clusterDomain -}}
{{- else -}}
{{- required "set database.host, or embeddedDatabase.enabled for a trial" .Values.database.host -}}
{{- end -}}
{{- end -}}

{{/* libpq takes the password from PGPASSWORD, so that no URI with a password stands anywhere. */}}
{{- define "ocrmesh.databaseEnv" -}}
{{- $values := .root.Values -}}
{{- $mode := ternary "disable" $values.database.sslMode $values.embeddedDatabase.enabled -}}
{{- $ca := ternary "" (printf "&sslrootcert=/etc/ocrmesh/database/%s" $values.database.caSecret.key) (or $values.embeddedDatabase.enabled (not $values.database.caSecret.name)) -}}
- name: DATABASE_URL
  value: {{ printf "postgresql://%s@%s:%v/%s?sslmode=%s%s" .name (include "ocrmesh.databaseHost" .root) (ternary 5432 $values.database.port $values.embeddedDatabase.enabled) $values.database.name $mode $ca | quote }}
- name: PGPASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ required "set database.existingSecret: a Secret with the passwords of the roles" $values.database.existingSecret }}
      key: {{ .name }}-password
{{- end -}}

{{- define "ocrmesh.hasDatabaseCa" -}}
{{- if and .Values.database.caSecret.name (not .Values.embeddedDatabase.enabled) }}true{{ end -}}
{{- end -}}

{{- define "ocrmesh.hasS3Ca" -}}
{{- if and .Values.blobs.s3.url .Values.blobs.s3.caSecret.name }}true{{ end -}}
{{- end -}}

{{- define "ocrmesh.hasS3Keys" -}}
{{- if and .Values.blobs.s3.url .Values.blobs.s3.credentialsKey }}true{{ end -}}
{{- end -}}

{{/* Where ocr keeps blobs, if not in the database. */}}
{{- define "ocrmesh.s3Env" -}}
{{- $s3 := .Values.blobs.s3 -}}
{{- if $s3.url -}}
{{- $secret := required "set blobs.s3.existingSecret: a Secret with access-key and secret-key" $s3.existingSecret -}}
- name: OCR_S3_URL
  value: {{ $s3.url | quote }}
- name: OCR_S3_BUCKET
  value: {{ required "set blobs.s3.bucket" $s3.bucket | quote }}
- name: OCR_S3_REGION
  value: {{ $s3.region | quote }}
- name: OCR_S3_ADDRESSING
  value: {{ $s3.addressing }}
- name: OCR_S3_PREFIX
  value: {{ $s3.prefix | quote }}
{{- if include "ocrmesh.hasS3Ca" . }}
- name: OCR_S3_CA_FILE
  value: /etc/ocrmesh/s3/{{ $s3.caSecret.key }}
{{- end }}
{{- if $s3.credentialsKey }}
- name: OCR_S3_CREDENTIALS_FILE
  value: /etc/ocrmesh/s3-keys/{{ $s3.credentialsKey }}
{{- else }}
- name: OCR_S3_ACCESS_KEY
  valueFrom:
    secretKeyRef: {name: {{ $secret }}, key: access-key}
- name: OCR_S3_SECRET_KEY
  valueFrom:
    secretKeyRef: {name: {{ $secret }}, key: secret-key}
{{- if $s3.sessionToken }}
- name: OCR_S3_SESSION_TOKEN
  valueFrom:
    secretKeyRef: {name: {{ $secret }}, key: session-token}
{{- end }}
{{- end }}
{{- end -}}
{{- end -}}

{{/* What certificates of the mesh a program has, or that it has none. */}}
{{- define "ocrmesh.meshEnv" -}}
{{- $tls := .root.Values.meshTls -}}
{{- if $tls.enabled -}}
- name: MESH_TLS_CERTIFICATE
  value: /etc/ocrmesh/mesh/tls.crt
- name: MESH_TLS_KEY
  value: /etc/ocrmesh/mesh/tls.key
- name: MESH_TLS_CA
  value: /etc/ocrmesh/mesh/ca.crt
- name: MESH_SPIFFE_PREFIX
  value: {{ $tls.spiffePrefix | quote }}
{{- if and $tls.consumers (not (has .name (list "bridge" "operator"))) }}
- name: MESH_CONSUMERS
  value: {{ join "," $tls.consumers | quote }}
{{- end }}
{{- else if not (has .name (list "bridge" "operator")) -}}
{{- if not (or .root.Values.networkPolicy.enabled $tls.allowOpenPlaintext) -}}
{{- fail "set meshTls.enabled or networkPolicy.enabled, or meshTls.allowOpenPlaintext where the network keeps others out" -}}
{{- end -}}
- name: MESH_PLAINTEXT
  value: "true"
{{- end -}}
{{- end -}}

{{- define "ocrmesh.meshSecret" -}}
{{- printf "%s-%s" (default (printf "%s-mesh" (include "ocrmesh.fullname" .root)) .root.Values.meshTls.secretPrefix) .name -}}
{{- end -}}

{{/* Settings or secrets of a service, JSON: its own before those of all. (dict "root" $ "name" "ocr" "kind" "settings") */}}
{{- define "ocrmesh.variables" -}}
{{- merge (dict) (get (get .root.Values .name) .kind) (get .root.Values.common .kind) | toJson -}}
{{- end -}}

{{/* The environment of a service: what the chart decides, then settings, then secrets. */}}
{{- define "ocrmesh.environment" -}}
{{- $root := .root -}}
{{- $values := get $root.Values .name -}}
{{- $facts := get (include "ocrmesh.facts" $root | fromYaml) .name -}}
{{- $prefix := upper .name -}}
- name: LOG_LEVEL
  value: {{ $root.Values.logLevel }}
- name: {{ $prefix }}_LISTEN
  value: {{ printf "%s:%v" $root.Values.listenAddress $facts.port | quote }}
- name: {{ $prefix }}_ADMIN_LISTEN
  value: {{ printf "%s:%v" $root.Values.listenAddress $facts.admin | quote }}
{{- range $facts.calls }}
- name: {{ upper . }}_TARGET
  value: {{ include "ocrmesh.target" (dict "root" $root "name" .) | quote }}
{{- end }}
{{- with include "ocrmesh.meshEnv" . }}
{{ . }}
{{- end }}
{{- if $facts.database }}
{{ include "ocrmesh.databaseEnv" . }}
{{- end }}
{{- if eq .name "bridge" }}
- name: BRIDGE_BODY_MAX
  value: {{ printf "%vMiB" $values.bodyMaxMiB | quote }}
{{- with $values.trustedProxies }}
- name: BRIDGE_TRUSTED_PROXIES
  value: {{ . | quote }}
{{- end }}
{{- if $values.tls.existingSecret }}
- name: BRIDGE_TLS_LISTEN
  value: {{ printf "%s:%v" $root.Values.listenAddress $facts.tlsPort | quote }}
- name: BRIDGE_TLS_CERTIFICATE
  value: /etc/ocrmesh/tls/tls.crt
- name: BRIDGE_TLS_KEY
  value: /etc/ocrmesh/tls/tls.key
- name: BRIDGE_HSTS
  value: {{ $values.tls.hsts | quote }}
{{- end }}
{{- else if eq .name "ocr" }}
- name: OCR_WORKERS
  value: {{ $values.workers | quote }}
- name: OCR_WORK_DIR
  value: /var/lib/ocrmesh/work
{{- with include "ocrmesh.s3Env" $root }}
{{ . }}
{{- end }}
{{- else if eq .name "billing" }}
{{- with $values.publicUrl }}
- name: BILLING_PUBLIC_URL
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- range $name, $value := include "ocrmesh.variables" (dict "root" $root "name" .name "kind" "settings") | fromJson }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- range $name, $reference := include "ocrmesh.variables" (dict "root" $root "name" .name "kind" "secrets") | fromJson }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $reference.name }}
      key: {{ $reference.key }}
{{- end }}
{{- end -}}
