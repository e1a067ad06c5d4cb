internal import CgroupModel
internal import KernelIO

/// The state that container runtimes, systemd-machined and the kubelet write to files.
///
/// Only files are read, because a hung runtime would not answer on its socket. Unreadable files
/// count as missing; a missing file may appear later.
struct RuntimeState: Sendable {
    private let system: SystemRoot
    private let machine = FactCache<UInt32, StateFiles>(seconds: 60)
    private let pods = FactCache<String, [String: (namespace: String, name: String)]>(seconds: 1)

    private static let drivers = ["overlay", "vfs", "btrfs", "zfs"]

    private typealias Reader =
        @Sendable (RuntimeState, StateFiles, CgroupIdentity, Look) -> ContainerRecord?

    /// The readers for each runtime; nil for a container whose path does not name its
    /// runtime.
    private static let readers: [(runtime: String?, read: Reader)] = [
        ("docker", { $0.docker($1, $2, $3) }), ("containerd", { $0.containerd($1, $2, $3) }),
        ("cri-o", { $0.crio($1, $2, $3) }), ("podman", { $0.podman($1, $2, $3) }),
        (nil, { $0.docker($1, $2, $3) }), (nil, { $0.containerd($1, $2, $3) }),
        ("nspawn", { $0.machined($1, $2, $3) }), ("qemu", { $0.machined($1, $2, $3) }),
        ("libvirt-lxc", { $0.machined($1, $2, $3) }),
    ]

    init(_ system: SystemRoot) { self.system = system }

    /// The limits on what is kept per user, because a user may have any number of containers.
    private static func bounds(_ user: UInt32) -> (files: Int, containers: Int, labelBytes: Int) {
        user == 0 ? (8192, 100_000, 1 << 16) : (256, 1000, 1 << 13)
    }

    /// Whether any runtime's state can describe this cgroup.
    static func mayKnow(_ identity: CgroupIdentity) -> Bool {
        guard identity.isContained, !identity.isNested else { return false }
        return identity.podUID != nil || readers.contains { $0.runtime == identity.runtime }
    }

    /// Completes an identity from the state of a user's containers, or of the system's for user 0.
    ///
    /// False if anything that should be recorded is missing.
    func complete(_ identity: inout CgroupIdentity, of user: UInt32, _ look: Look) -> Bool {
        let isContainer = identity.containerID != nil || identity.container != nil
        var isFound = !isContainer
        if isContainer, let record = record(of: identity, user, look) {
            identity.add(record)
            isFound = true
        }
        guard let uid = identity.podUID, identity.pod == nil else { return isFound }
        guard let pod = loggedPods(at: look.now)[uid] else { return false }
        identity.pod = pod.name
        identity.namespace = pod.namespace
        return isFound
    }

    private func record(
        of identity: CgroupIdentity, _ user: UInt32, _ look: Look
    ) -> ContainerRecord? {
        let files = machine.value(of: user, at: look.now) { old in
            let parsed = old?.parsed ?? ParsedFiles(most: Self.bounds(user).files)
            return user == 0
                ? StateFiles(system, parsed: parsed)
                : StateFiles(system, user: user, parsed: parsed)
        }
        return Self.readers.lazy.filter { $0.runtime == identity.runtime }
            .compactMap { $0.read(self, files, identity, look) }.first
    }

    private func docker(
        _ files: StateFiles, _ identity: CgroupIdentity, _ look: Look
    ) -> ContainerRecord? {
        guard let id = identity.containerID else { return nil }
        return files.docker.lazy.compactMap { root in
            files.records(root, "containers/\(id)/config.v2.json", look) { bytes in
                dockerRecord(bytes, files).map { ["": $0] }
            }?.values.first
        }.first
    }

    private func dockerRecord(_ bytes: [UInt8], _ files: StateFiles) -> ContainerRecord? {
        var name, image: String?
        var labels: [String: String] = [:]
        let isRead: ()? = try? JSONStrings.visit(bytes) { place, value in
            switch (place.count, place.first) {
            case (1, "Name"): name = value.hasPrefix("/") ? String(value.dropFirst()) : value
            case (2, "Config") where place[1] == "Image": image = value
            case (3, "Config") where place[1] == "Labels": labels[place[2]] = value
            default: break
            }
        }
        guard isRead != nil else { return nil }
        var record = ContainerRecord("docker", annotations: labels)
        // For a container of a pod, docker's name combines several names (k8s_web_shop-0_…).
        if record.pod == nil { record.name = name }
        record.image = image
        record.setLabels(labels, most: Self.bounds(files.owner).labelBytes)
        return record
    }

    private func containerd(
        _ files: StateFiles, _ identity: CgroupIdentity, _ look: Look
    ) -> ContainerRecord? {
        guard let id = identity.containerID else { return nil }
        for root in files.containerd {
            let tasks = "io.containerd.runtime.v2.task"
            for namespace in StateFiles.names(in: "\(root.rest)/\(tasks)", system) {
                let records = files.records(
                    root, "\(tasks)/\(namespace)/\(id)/config.json", look
                ) { bytes in
                    StateFiles.table(bytes, under: "annotations").map {
                        ["": ContainerRecord("containerd", annotations: $0)]
                    }
                }
                if let record = records?.values.first { return record }
            }
        }
        return nil
    }

    private func crio(
        _ files: StateFiles, _ identity: CgroupIdentity, _ look: Look
    ) -> ContainerRecord? {
        guard let id = identity.containerID else { return nil }
        return inStorage(files) { root, driver in
            files.records(root, "\(driver)-containers/\(id)/userdata/config.json", look) { bytes in
                crioRecord(bytes, files).map { ["": $0] }
            }?.values.first
        }
    }

    private func crioRecord(_ bytes: [UInt8], _ files: StateFiles) -> ContainerRecord? {
        guard let annotations = StateFiles.table(bytes, under: "annotations") else { return nil }
        var record = ContainerRecord("cri-o", annotations: annotations)
        var labels: [String: String] = [:]
        let text = annotations["io.kubernetes.cri-o.Labels"] ?? "{}"
        try? JSONStrings.visit(Array(text.utf8)) { place, value in
            if place.count == 1 { labels[place[0]] = value }
        }
        record.setLabels(labels, most: Self.bounds(files.owner).labelBytes)
        return record
    }

    /// Reads podman's index files.
    ///
    /// One holds the persistent containers, the other those removed by `--rm` or a reboot.
    private func podman(
        _ files: StateFiles, _ identity: CgroupIdentity, _ look: Look
    ) -> ContainerRecord? {
        guard let id = identity.containerID else { return nil }
        return inStorage(files) { root, driver in
            ["containers.json", "volatile-containers.json"].lazy.compactMap { name in
                files.records(root, "\(driver)-containers/\(name)", isIndex: true, look) { bytes in
                    podmanRecords(bytes, most: Self.bounds(files.owner).containers)
                }?[id]
            }.first
        }
    }

    private func inStorage(
        _ files: StateFiles,
        _ read: (_ root: StateFiles.Place, _ driver: String) -> ContainerRecord?
    ) -> ContainerRecord? {
        for root in files.storage {
            for driver in Self.drivers {
                if let record = read(root, driver) { return record }
            }
        }
        return nil
    }

    private func podmanRecords(_ bytes: [UInt8], most: Int) -> [String: ContainerRecord]? {
        var ids: [String: String] = [:]
        var records: [String: ContainerRecord] = [:]
        func record(_ place: String, _ change: (inout ContainerRecord) -> Void) {
            guard records.count < most || records[place] != nil else { return }
            change(&records[place, default: ContainerRecord("podman")])
        }
        let isRead: ()? = try? JSONStrings.visit(bytes) { place, value in
            guard place.count >= 2 else { return }
            switch (place.count, place[1]) {
            case (2, "id"): if ids.count < most { ids[place[0]] = value }
            case (3, "names") where place[2] == "0": record(place[0]) { $0.name = value }
            case (2, "metadata"):
                try? JSONStrings.visit(Array(value.utf8)) { inner, value in
                    guard inner == ["image-name"] else { return }
                    record(place[0]) { $0.image = value }
                }
            default: break
            }
        }
        guard isRead != nil else { return nil }
        let found = ids.compactMap { place, id in records[place].map { (id, $0) } }
        return Dictionary(found) { own, _ in own }
    }

    /// Reads systemd-machined's file of a container or virtual machine: `KEY=value` lines.
    private func machined(
        _ files: StateFiles, _ identity: CgroupIdentity, _ look: Look
    ) -> ContainerRecord? {
        // systemd-machined runs only as the system's service, never for a user.
        guard let name = identity.container, !name.contains("/"), name != "..", name != ".",
            files.owner == 0
        else { return nil }
        let place = StateFiles.Place("/run/systemd/machines")
        return files.records(place, name, look) { bytes in
            ["": machine(named: name, identity, String(decoding: bytes, as: UTF8.self))]
        }?.values.first
    }

    private func machine(
        named name: String, _ identity: CgroupIdentity, _ text: String
    ) -> ContainerRecord {
        var values: [Substring: String] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let isQuoted =
                parts[1].hasPrefix("\"") && parts[1].hasSuffix("\"") && parts[1].count > 1
            let value = isQuoted ? parts[1].dropFirst().dropLast() : parts[1]
            values[parts[0]] = UnitName.readable(String(value))
        }
        let service = values["SERVICE"] ?? ""
        let registrars = ["systemd-nspawn": "nspawn", "libvirt-qemu": "qemu"]
        var record = ContainerRecord(
            registrars[service] ?? (service.isEmpty ? identity.runtime ?? "" : service))
        record.name = name
        record.image = values["ROOT"]
        record.isMachine = values["CLASS"] == "vm"
        return record
    }

    /// The pods by UID: for every runtime, the kubelet keeps a log directory `NAMESPACE_NAME_UID`
    /// per pod.
    private func loggedPods(at now: UInt64) -> [String: (namespace: String, name: String)] {
        pods.value(of: "", at: now) { _ in
            var found: [String: (namespace: String, name: String)] = [:]
            for directory in StateFiles.names(in: "/var/log/pods", system) {
                let parts = directory.split(separator: "_")
                guard parts.count == 3 else { continue }
                found[String(parts[2])] = (String(parts[0]), String(parts[1]))
            }
            return found
        }
    }
}
