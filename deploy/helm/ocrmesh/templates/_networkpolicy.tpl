{{/* Who talks to whom. What is not opened here is closed, in both directions. */}}

{{- define "ocrmesh.peer" -}}
- podSelector:
    matchLabels:
      {{- include "ocrmesh.selector" . | nindent 6 }}
{{- end -}}

{{- define "ocrmesh.dnsRule" -}}
- ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
  {{- with .Values.networkPolicy.dnsTo }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- define "ocrmesh.databaseRule" -}}
{{- if .Values.embeddedDatabase.enabled }}
- ports: [{port: 5432, protocol: TCP}]
  to:
    {{- include "ocrmesh.peer" (dict "root" . "name" "database") | nindent 4 }}
{{- else }}
- ports: [{port: {{ .Values.database.port }}, protocol: TCP}]
  {{- with .Values.networkPolicy.databaseTo }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* The public Internet, by HTTPS. */}}
{{- define "ocrmesh.publicRule" -}}
- ports: [{port: 443, protocol: TCP}]
  to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except:
          {{- toYaml .Values.networkPolicy.privateNetworks | nindent 10 }}
    - ipBlock:
        cidr: ::/0
        except: ["fc00::/7", "fe80::/10"]
{{- end -}}

{{/* The port of the URL in a setting, wherever the name leads to: policies know no names. */}}
{{- define "ocrmesh.urlRule" -}}
{{- $url := urlParse . -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" -}}
{{- $usual := get (dict "http" "80" "https" "443" "smtp" "25" "smtps" "465") $url.scheme -}}
- ports: [{port: {{ default $usual $port }}, protocol: TCP}]
{{- end -}}

{{- define "ocrmesh.s3Rule" -}}
{{- with .Values.blobs.s3.url }}
{{ include "ocrmesh.urlRule" . }}
{{- with $.Values.networkPolicy.s3To }}
  to:
    {{- toYaml . | nindent 4 }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "ocrmesh.outsideRules" -}}
{{- $values := get .root.Values .name -}}
{{- if eq .name "ocr" }}
# Webhooks of callers, and where it is allowed URLs that files are fetched from.
{{ include "ocrmesh.publicRule" .root }}
{{- with include "ocrmesh.s3Rule" .root | trim }}
{{ . }}
{{- end }}
{{- end }}
{{- if and (eq .name "billing") (hasKey $values.secrets "BILLING_STRIPE_KEY") }}
{{ include "ocrmesh.publicRule" .root }}
{{- end }}
{{- $settings := include "ocrmesh.variables" (dict "root" .root "name" .name "kind" "settings") | fromJson }}
{{- range list "OTEL_EXPORTER_OTLP_ENDPOINT" "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" "OCR_VLM_URL" "OCR_TRANSLATE_URL" "OCR_LIBRETRANSLATE_URL" "CHAT_LLM_URL" "BILLING_SMTP_URL" }}
{{- with get $settings . }}
{{ include "ocrmesh.urlRule" . }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "ocrmesh.networkPolicy" -}}
{{- $root := .root -}}
{{- $name := .name -}}
{{- $values := get $root.Values .name -}}
{{- $all := include "ocrmesh.facts" $root | fromYaml -}}
{{- $facts := get $all .name -}}
{{- if $root.Values.networkPolicy.enabled -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "ocrmesh.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "ocrmesh.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    {{- if eq .name "bridge" }}
    - ports:
        - {port: http, protocol: TCP}
        {{- if $values.tls.existingSecret }}
        - {port: https, protocol: TCP}
        {{- end }}
      {{- with $root.Values.networkPolicy.bridgeFrom }}
      from:
        {{- toYaml . | nindent 8 }}
        {{- include "ocrmesh.peer" (dict "root" $root "name" "test") | nindent 8 }}
      {{- end }}
    {{- else }}
    - ports: [{port: grpc, protocol: TCP}]
      from:
        {{- range $caller, $its := $all }}
        {{- if has $name $its.calls }}
        {{- include "ocrmesh.peer" (dict "root" $root "name" $caller) | nindent 8 }}
        {{- end }}
        {{- end }}
        {{- if eq .name "billing" }}
        {{- include "ocrmesh.peer" (dict "root" $root "name" "test") | nindent 8 }}
        {{- end }}
    {{- end }}
    {{- with $root.Values.networkPolicy.metricsFrom }}
    - ports: [{port: admin, protocol: TCP}]
      from:
        {{- toYaml . | nindent 8 }}
    {{- end }}
    {{- with $values.extraIngress }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  egress:
    {{- include "ocrmesh.dnsRule" $root | nindent 4 }}
    {{- range $facts.calls }}
    - ports: [{port: {{ (get $all .).port }}, protocol: TCP}]
      to:
        {{- include "ocrmesh.peer" (dict "root" $root "name" .) | nindent 8 }}
    {{- end }}
    {{- if $facts.database }}
    {{- include "ocrmesh.databaseRule" $root | trim | nindent 4 }}
    {{- end }}
    {{- with include "ocrmesh.outsideRules" . | trim }}
    {{- . | nindent 4 }}
    {{- end }}
    {{- with $values.extraEgress }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}
{{- end -}}
