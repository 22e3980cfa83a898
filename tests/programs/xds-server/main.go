// xds-server is a control plane of Envoy's xDS protocol for the tests, on github.com/envoyproxy/go-control-plane.
//
//	xds-server ADDRESS
//
// Each line of its standard input is what it serves from then on, as JSON: for each service by name, what may be tried again
// and where its replicas are.
//
//	{"ocr": {"retried": ["/ocrmesh.ocr.v1.OcrService/GetJob"], "endpoints": ["127.0.0.1:50051", "127.0.0.1:50061"]}}
//
// It answers each with a line "serves N", and ends with its input. A client's target is then xds:///ocr.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"os"
	"strconv"

	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpoint "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	route "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	router "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	manager "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// Every client has the same; what a bootstrap file says of its node is of no concern.
const everyone = "everyone"

type oneKey struct{}

func (oneKey) ID(*core.Node) string { return everyone }

type service struct {
	Retried   []string // methods by path
	Endpoints []string // addresses
}

func pack(message proto.Message) *anypb.Any {
	packed, err := anypb.New(message)
	if err != nil {
		log.Fatal(err)
	}
	return packed
}

// All of it by the one stream that a client opens (ADS).
func overADS() *core.ConfigSource {
	return &core.ConfigSource{
		ResourceApiVersion:    resource.DefaultAPIVersion,
		ConfigSourceSpecifier: &core.ConfigSource_Ads{Ads: &core.AggregatedConfigSource{}},
	}
}

func makeListener(name string) *listener.Listener {
	return &listener.Listener{
		Name: name,
		ApiListener: &listener.ApiListener{ApiListener: pack(&manager.HttpConnectionManager{
			RouteSpecifier: &manager.HttpConnectionManager_Rds{
				Rds: &manager.Rds{RouteConfigName: name, ConfigSource: overADS()},
			},
			HttpFilters: []*manager.HttpFilter{{
				Name:       "router",
				ConfigType: &manager.HttpFilter_TypedConfig{TypedConfig: pack(&router.Router{})},
			}},
		})},
	}
}

func toCluster(name string, retries *route.RetryPolicy) *route.Route_Route {
	return &route.Route_Route{Route: &route.RouteAction{
		ClusterSpecifier: &route.RouteAction_Cluster{Cluster: name},
		RetryPolicy:      retries,
	}}
}

func makeRoutes(name string, retried []string) *route.RouteConfiguration {
	again := &route.RetryPolicy{RetryOn: "unavailable", NumRetries: wrapperspb.UInt32(3)}
	host := &route.VirtualHost{Name: name, Domains: []string{"*"}}
	for _, path := range retried {
		host.Routes = append(host.Routes, &route.Route{
			Match:  &route.RouteMatch{PathSpecifier: &route.RouteMatch_Path{Path: path}},
			Action: toCluster(name, again),
		})
	}
	host.Routes = append(host.Routes, &route.Route{
		Match:  &route.RouteMatch{PathSpecifier: &route.RouteMatch_Prefix{Prefix: ""}},
		Action: toCluster(name, nil),
	})
	return &route.RouteConfiguration{Name: name, VirtualHosts: []*route.VirtualHost{host}}
}

func makeCluster(name string) *cluster.Cluster {
	return &cluster.Cluster{
		Name:                 name,
		ClusterDiscoveryType: &cluster.Cluster_Type{Type: cluster.Cluster_EDS},
		EdsClusterConfig:     &cluster.Cluster_EdsClusterConfig{EdsConfig: overADS()},
	}
}

func makeEndpoint(address string) *endpoint.LbEndpoint {
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		log.Fatal(err)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		log.Fatal(err)
	}
	return &endpoint.LbEndpoint{HostIdentifier: &endpoint.LbEndpoint_Endpoint{Endpoint: &endpoint.Endpoint{
		Address: &core.Address{Address: &core.Address_SocketAddress{SocketAddress: &core.SocketAddress{
			Address:       host,
			PortSpecifier: &core.SocketAddress_PortValue{PortValue: uint32(port)},
		}}},
	}}}
}

func makeEndpoints(name string, addresses []string) *endpoint.ClusterLoadAssignment {
	here := &endpoint.LocalityLbEndpoints{
		Locality:            &core.Locality{Region: "here"},
		LoadBalancingWeight: wrapperspb.UInt32(1),
	}
	for _, address := range addresses {
		here.LbEndpoints = append(here.LbEndpoints, makeEndpoint(address))
	}
	return &endpoint.ClusterLoadAssignment{ClusterName: name, Endpoints: []*endpoint.LocalityLbEndpoints{here}}
}

func makeSnapshot(version int, services map[string]service) (*cache.Snapshot, error) {
	resources := map[resource.Type][]types.Resource{}
	for name, one := range services {
		resources[resource.ListenerType] = append(resources[resource.ListenerType], makeListener(name))
		resources[resource.RouteType] = append(resources[resource.RouteType], makeRoutes(name, one.Retried))
		resources[resource.ClusterType] = append(resources[resource.ClusterType], makeCluster(name))
		resources[resource.EndpointType] = append(resources[resource.EndpointType], makeEndpoints(name, one.Endpoints))
	}
	return cache.NewSnapshot(strconv.Itoa(version), resources)
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: xds-server ADDRESS")
	}
	socket, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	snapshots := cache.NewSnapshotCache(true, oneKey{}, nil)
	serving := grpc.NewServer()
	discovery.RegisterAggregatedDiscoveryServiceServer(serving, server.NewServer(context.Background(), snapshots, nil))
	go func() { log.Fatal(serving.Serve(socket)) }()

	lines := bufio.NewScanner(os.Stdin)
	for version := 1; lines.Scan(); version++ {
		var services map[string]service
		if err := json.Unmarshal(lines.Bytes(), &services); err != nil {
			log.Fatal(err)
		}
		snapshot, err := makeSnapshot(version, services)
		if err != nil {
			log.Fatal(err)
		}
		if err := snapshots.SetSnapshot(context.Background(), everyone, snapshot); err != nil {
			log.Fatal(err)
		}
		fmt.Println("serves", version)
	}
}
