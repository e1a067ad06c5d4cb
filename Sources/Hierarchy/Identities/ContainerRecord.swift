internal import CgroupModel

/// What the state of a container runtime tells of a container.
struct ContainerRecord: Hashable, Sendable {
    var runtime: String
    /// Nil for what only holds a pod's namespaces (`pause`), which no specification names.
    var name: String?
    var image: String?
    var pod: String?
    var podUID: String?
    var namespace: String?
    var labels: [String: String] = [:]
    /// Whether it is a virtual machine.
    var isMachine = false

    init(_ runtime: String) { self.runtime = runtime }

    /// Keeps labels of at most so many bytes in all: each cgroup that is asked for keeps its own.
    mutating func setLabels(_ labels: [String: String], most: Int) {
        var left = most
        for (name, value) in labels.sorted(by: { $0.key < $1.key }) {
            left -= name.utf8.count + value.utf8.count
            guard left >= 0 else { return }
            self.labels[name] = value
        }
    }

    /// Takes what the kubelet and the runtimes write into annotations of an OCI bundle, or into
    /// labels of docker.
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
    /// Adds what a runtime's state tells; the identifiers of the path stay.
    mutating func add(_ record: ContainerRecord) {
        // systemd-machined knows better than the name of a scope who registered it.
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

    /// What goes to terminals and into labels: no control characters, and nothing that is no name.
    private static func plain(_ text: String?) -> String? {
        guard let text, !text.isEmpty, text.utf8.count <= 1024,
            text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else { return nil }
        return text
    }
}
