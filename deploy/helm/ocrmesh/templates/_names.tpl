{{/* Names and labels. Those that take a service get (dict "root" $ "name" "ocr"). */}}

{{- define "ocrmesh.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "ocrmesh.name" -}}
{{- printf "%s-%s" (include "ocrmesh.fullname" .root) .name -}}
{{- end -}}

{{/* What never changes: selectors are made of it. */}}
{{- define "ocrmesh.selector" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end -}}

{{- define "ocrmesh.labels" -}}
{{ include "ocrmesh.selector" . }}
app.kubernetes.io/part-of: ocrmesh
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "ocrmesh.metadata" -}}
name: {{ include "ocrmesh.name" . }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "ocrmesh.labels" . | nindent 2 }}
{{- end -}}

{{- define "ocrmesh.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "ocrmesh.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* REPOSITORY:TAG or REPOSITORY@DIGEST of (dict "image" IMAGE "tag" DEFAULT-TAG). */}}
{{- define "ocrmesh.image" -}}
{{- if .image.digest -}}
{{- printf "%s@%s" .image.repository .image.digest -}}
{{- else -}}
{{- printf "%s:%s" .image.repository (default .tag .image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "ocrmesh.ownImage" -}}
{{- include "ocrmesh.image" (dict "image" .Values.image "tag" .Chart.AppVersion) -}}
{{- end -}}

{{/* A pod that asks the API server for nothing. */}}
{{- define "ocrmesh.podBasics" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- end -}}

{{- define "ocrmesh.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}
