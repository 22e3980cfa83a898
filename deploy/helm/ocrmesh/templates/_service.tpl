{{/* A headless service: clients of gRPC see each pod and balance over them. */}}
{{- define "ocrmesh.grpcService" -}}
{{- $facts := get (include "ocrmesh.facts" .root | fromYaml) .name -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "ocrmesh.metadata" . | nindent 2 }}
spec:
  clusterIP: None
  selector:
    {{- include "ocrmesh.selector" . | nindent 4 }}
  ports:
    - {name: grpc, port: {{ $facts.port }}, targetPort: grpc, protocol: TCP, appProtocol: {{ ternary "https" .root.Values.grpcAppProtocol .root.Values.meshTls.enabled }}}
    - {name: admin, port: {{ $facts.admin }}, targetPort: admin, protocol: TCP, appProtocol: http}
{{- end -}}
