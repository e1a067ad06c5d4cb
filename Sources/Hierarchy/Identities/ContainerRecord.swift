internal import CgroupModel

/// A container as described by the state of its runtime.
struct ContainerRecord: Hashable, Sendable {
    var runtime: String
    /// Nil for the sandbox container that only holds a pod's namespaces (`pause`).
    var name: String?
    var image: String?
    var pod: String?
    var podUID: String?
    var namespace: String?
    var labels: [String: String] = [:]
    /// Whether it is a virtual machine.
    var isMachine = false

    init(_ runtime: String) { self.runtime = runtime }

    /// Sets labels up to a total size in bytes, because every cgroup that is looked up keeps a
    /// copy.
    mutating func setLabels(_ labels: [String: String], most: Int) {
        var left = most
        for (name, value) in labels.sorted(by: { $0.key < $1.key }) {
            left -= name.utf8.count + value.utf8.count
            guard left >= 0 else { return }
            self.labels[name] = value
        }
    }

    /// Reads the annotations of an OCI bundle, or the labels of docker, that the kubelet and the
    /// runtimes set.
    init(_ runtime: String, annotations: [String: String]) {
        func first(_ keys: String...) -> String? {
            keys.lazy.compactMap { annotations[$0] }.first { !$0.isEmpty }
        }
        self.runtime = runtime
        let type = first(
            "io.kubernetes.cri.container-type", "io.kubernetes.cri-o.ContainerType",
            "io.kubernetes.docker.type")
        if type != "sandbox", type != "podsandbox" {
            name = first(
                "io.kubernetes.cri.container-name", "io.kubernetes.container.name", "nerdctl/name")
        }
        image = first(
            "io.kubernetes.cri.image-name", "io.kubernetes.cri-o.ImageName",
            "io.kubernetes.cri-o.Image")
        pod = first("io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name")
        podUID = first("io.kubernetes.cri.sandbox-uid", "io.kubernetes.pod.uid")
        namespace = first("io.kubernetes.cri.sandbox-namespace", "io.kubernetes.pod.namespace")
    }
}

extension CgroupIdentity {
    /// Adds the state of the runtime; the identifiers from the path are kept.
    mutating func add(_ record: ContainerRecord) {
        // The scope's name does not show who registered a machine, but systemd-machined knows.
        runtime = Self.plain(record.runtime) ?? runtime
        isMachine = isMachine || record.isMachine
        if isMachine, kind == .container { kind = .scope }
        container = Self.plain(record.name) ?? container
        image = Self.plain(record.image)
        pod = Self.plain(record.pod)
        podUID = podUID ?? Self.plain(record.podUID)
        namespace = Self.plain(record.namespace)
        labels = record.labels.compactMapValues(Self.plain)
    }

    /// Accepts text that is safe for terminals and labels: no control characters, at most 1024
    /// bytes.
    private static func plain(_ text: String?) -> String? {
        guard let text, !text.isEmpty, text.utf8.count <= 1024,
            text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else { return nil }
        return text
    }
}
