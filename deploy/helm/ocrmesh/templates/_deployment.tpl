{{- define "ocrmesh.mounts" -}}
{{- $values := get .root.Values .name -}}
{{- $facts := get (include "ocrmesh.facts" .root | fromYaml) .name -}}
{{- if eq .name "ocr" }}
- name: work
  mountPath: /var/lib/ocrmesh/work
{{- end }}
{{- if and $facts.database (include "ocrmesh.hasDatabaseCa" .root) }}
- name: database-ca
  mountPath: /etc/ocrmesh/database
  readOnly: true
{{- end }}
{{- if and (eq .name "ocr") (include "ocrmesh.hasS3Ca" .root) }}
- name: s3-ca
  mountPath: /etc/ocrmesh/s3
  readOnly: true
{{- end }}
{{- if and (eq .name "ocr") (include "ocrmesh.hasS3Keys" .root) }}
- name: s3-keys
  mountPath: /etc/ocrmesh/s3-keys
  readOnly: true
{{- end }}
{{- if .root.Values.meshTls.enabled }}
- name: mesh
  mountPath: /etc/ocrmesh/mesh
  readOnly: true
{{- end }}
{{- if and (eq .name "bridge") $values.tls.existingSecret }}
- name: tls
  mountPath: /etc/ocrmesh/tls
  readOnly: true
{{- end }}
{{- range $index, $file := $values.secretFiles }}
- name: secret-{{ $index }}
  mountPath: {{ $file.mountPath }}
  readOnly: true
{{- end }}
{{- end -}}

{{- define "ocrmesh.volumes" -}}
{{- $values := get .root.Values .name -}}
{{- $facts := get (include "ocrmesh.facts" .root | fromYaml) .name -}}
{{- if eq .name "ocr" }}
- name: work
  emptyDir:
    sizeLimit: {{ $values.workDirSize }}
{{- end }}
{{- if and $facts.database (include "ocrmesh.hasDatabaseCa" .root) }}
- name: database-ca
  secret:
    secretName: {{ .root.Values.database.caSecret.name }}
    items:
      - {key: {{ .root.Values.database.caSecret.key }}, path: {{ .root.Values.database.caSecret.key }}}
{{- end }}
{{- if and (eq .name "ocr") (include "ocrmesh.hasS3Ca" .root) }}
- name: s3-ca
  secret:
    secretName: {{ .root.Values.blobs.s3.caSecret.name }}
    items:
      - {key: {{ .root.Values.blobs.s3.caSecret.key }}, path: {{ .root.Values.blobs.s3.caSecret.key }}}
{{- end }}
{{- if and (eq .name "ocr") (include "ocrmesh.hasS3Keys" .root) }}
- name: s3-keys
  secret:
    secretName: {{ .root.Values.blobs.s3.existingSecret }}
    defaultMode: 0440
    items:
      - {key: {{ .root.Values.blobs.s3.credentialsKey }}, path: {{ .root.Values.blobs.s3.credentialsKey }}}
{{- end }}
{{- if .root.Values.meshTls.enabled }}
- name: mesh
  secret:
    secretName: {{ include "ocrmesh.meshSecret" . }}
    defaultMode: 0440
{{- end }}
{{- if and (eq .name "bridge") $values.tls.existingSecret }}
- name: tls
  secret:
    secretName: {{ $values.tls.existingSecret }}
    defaultMode: 0440
{{- end }}
{{- range $index, $file := $values.secretFiles }}
- name: secret-{{ $index }}
  secret:
    secretName: {{ $file.secret }}
    defaultMode: 0440
{{- end }}
{{- end -}}

{{/* (dict "root" $ "name" "ocr") */}}
{{- define "ocrmesh.deployment" -}}
{{- $root := .root -}}
{{- $values := get $root.Values .name -}}
{{- $facts := get (include "ocrmesh.facts" $root | fromYaml) .name -}}
{{- $mounts := include "ocrmesh.mounts" . | trim -}}
{{- $volumes := include "ocrmesh.volumes" . | trim -}}
{{- $selector := include "ocrmesh.selector" . -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "ocrmesh.metadata" . | nindent 2 }}
spec:
  {{- if not (include "ocrmesh.isAutoscaled" .) }}
  replicas: {{ $values.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  strategy:
    type: RollingUpdate
    # A new pod is ready before an old one drains.
    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
  selector:
    matchLabels:
      {{- $selector | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "ocrmesh.labels" . | nindent 8 }}
        {{- with $values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with $values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: {{ include "ocrmesh.serviceAccountName" $root }}
      {{- include "ocrmesh.podBasics" $root | nindent 6 }}
      terminationGracePeriodSeconds: {{ $root.Values.terminationGracePeriodSeconds }}
      {{- with $values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      containers:
        - name: {{ .name }}
          image: {{ include "ocrmesh.ownImage" $root | quote }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          command: [/usr/local/bin/ocrmesh-{{ .name }}]
          env:
            {{- include "ocrmesh.environment" . | nindent 12 }}
          ports:
            - {name: {{ ternary "http" "grpc" (eq .name "bridge") }}, containerPort: {{ $facts.port }}, protocol: TCP}
            {{- if and (eq .name "bridge") $values.tls.existingSecret }}
            - {name: https, containerPort: {{ $facts.tlsPort }}, protocol: TCP}
            {{- end }}
            - {name: admin, containerPort: {{ $facts.admin }}, protocol: TCP}
          # A program waits for its database before it answers at all.
          startupProbe:
            httpGet: {path: /healthz, port: admin}
            periodSeconds: 2
            timeoutSeconds: 2
            failureThreshold: 300
          # That the process turns. One that is not ready heals by itself when what it needs comes back.
          livenessProbe:
            httpGet: {path: /healthz, port: admin}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          # That it can do its work. A prober of gRPC health has no certificate to show.
          readinessProbe:
            {{- if or (eq .name "bridge") $root.Values.meshTls.enabled }}
            httpGet: {path: /readyz, port: admin}
            {{- else }}
            grpc: {port: {{ $facts.port }}}
            {{- end }}
            periodSeconds: 5
            timeoutSeconds: 3
            failureThreshold: 2
          lifecycle:
            preStop:
              sleep: {seconds: {{ $root.Values.preStopSeconds }}}
          securityContext:
            {{- include "ocrmesh.containerSecurity" $root | nindent 12 }}
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          {{- with $mounts }}
          volumeMounts:
            {{- . | nindent 12 }}
          {{- end }}
      {{- with $volumes }}
      volumes:
        {{- . | nindent 8 }}
      {{- end }}
      {{- with $root.Values.topologySpread }}
      topologySpreadConstraints:
        {{- range . }}
        - {{ toYaml . | nindent 10 | trim }}
          labelSelector:
            matchLabels:
              {{- $selector | nindent 14 }}
          # Each revision is spread by itself, or an update would end where the old pods are not.
          matchLabelKeys: [pod-template-hash]
        {{- end }}
      {{- end }}
      {{- with $values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end -}}
