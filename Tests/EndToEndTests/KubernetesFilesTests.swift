import Configuration
import Foundation
import Testing

@testable import cgwarden

/// The files for Kubernetes are YAML and fit each other; no cluster is asked.
@Suite struct KubernetesFilesTests {
    private static let folder = URL(filePath: #filePath).appending(path: "../../../config")
        .standardized

    /// The documents of a file by their `kind`.
    private func documents(_ name: String) throws -> [String: ConfigNode] {
        let file = Self.folder.appending(path: "kubernetes/\(name)")
        let texts = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n---\n")
        let nodes = try texts.map { try ConfigLoader.load(Array($0.utf8), file: name) }
        return Dictionary(
            uniqueKeysWithValues: nodes.map { ($0["kind"]?.scalar ?? "", $0) })
    }

    @Test func manifestsReferenceEachOther() throws {
        let set = try #require(try documents("daemonset.yaml")["DaemonSet"])
        let pod = try #require(set["spec"]?["template"])
        let container = try #require(pod["spec"]?["containers"]?[0])
        let labels = try #require(pod["metadata"]?["labels"])
        let port = try #require(container["ports"]?[0]?["name"]?.scalar)
        #expect(set["spec"]?["selector"]?["matchLabels"]?.pairs == labels.pairs)
        #expect(container["image"]?.scalar == "cgwarden:\(Cgwarden.version)")
        #expect(container["securityContext"]?["readOnlyRootFilesystem"]?.scalar == "true")

        let service = try #require(try documents("service.yaml")["Service"])
        #expect(service["spec"]?["selector"]?.pairs == labels.pairs)
        #expect(service["spec"]?["ports"]?[0]?["targetPort"]?.scalar == port)

        let monitor = try #require(try documents("podmonitor.yaml")["PodMonitor"])
        #expect(monitor["spec"]?["selector"]?["matchLabels"]?.pairs == labels.pairs)
        #expect(monitor["spec"]?["podMetricsEndpoints"]?[0]?["port"]?.scalar == port)

        let policy = try #require(try documents("networkpolicy.yaml")["NetworkPolicy"])
        #expect(policy["spec"]?["podSelector"]?["matchLabels"]?.pairs == labels.pairs)
        #expect(policy["spec"]?["ingress"]?[0]?["ports"]?[0]?["port"]?.scalar == port)

        for object in [set, service, monitor, policy] {
            #expect(object["metadata"]?["namespace"]?.scalar == "cgwarden")
        }
    }

    /// Every mount has its volume, and none can be written.
    @Test func everyMountIsReadOnlyAndHasAVolume() throws {
        let set = try #require(try documents("daemonset.yaml")["DaemonSet"])
        let spec = try #require(set["spec"]?["template"]?["spec"])
        let mounts = try #require(spec["containers"]?[0]?["volumeMounts"]).elements
        let volumes = try #require(spec["volumes"]).elements
        #expect(
            Set(mounts.compactMap { $0["name"]?.scalar })
                == Set(volumes.compactMap { $0["name"]?.scalar }))
        #expect(mounts.count == volumes.count)
        for mount in mounts {
            #expect(mount["readOnly"]?.scalar == "true")
            let volume = volumes.first { $0["name"]?.scalar == mount["name"]?.scalar }
            #expect(volume?["hostPath"]?["path"]?.scalar == mount["mountPath"]?.scalar)
        }
    }

    @Test func imageHasTheNameThatTheDaemonSetUses() throws {
        let text = try String(
            contentsOf: Self.folder.appending(path: "container/Containerfile"), encoding: .utf8)
        #expect(text.contains("--tag cgwarden:\(Cgwarden.version) "))
        // The arguments of the DaemonSet take the place of CMD alone.
        #expect(text.contains("\nENTRYPOINT [\"/usr/bin/cgwarden\"]\n"))
    }
}

extension ConfigNode {
    fileprivate subscript(key: String) -> ConfigNode? {
        guard case .mapping(let entries) = content else { return nil }
        return entries.first { $0.key == key }?.value
    }

    fileprivate subscript(place: Int) -> ConfigNode? {
        elements.indices.contains(place) ? elements[place] : nil
    }

    fileprivate var elements: [ConfigNode] {
        guard case .sequence(let nodes) = content else { return [] }
        return nodes
    }

    fileprivate var scalar: String? {
        guard case .text(let text) = content else { return nil }
        return text
    }

    fileprivate var pairs: [String: String] {
        guard case .mapping(let entries) = content else { return [:] }
        return Dictionary(uniqueKeysWithValues: entries.map { ($0.key, $0.value.scalar ?? "") })
    }
}
