internal import CgroupModel
internal import KernelIO

/// What container runtimes, systemd-machined and the kubelet write down of what runs.
///
/// Files alone are read, for a runtime that hangs would not answer on its socket. What cannot be
/// read tells nothing; what is not there yet may be a moment later.
struct RuntimeState: Sendable {
    private let system: SystemRoot
    private let machine: FactCache<UInt32, StateFiles>
    // Many cgroups of one sweep may ask for the same: those within a container, all of podman's.
    private let records = FactCache<String, ContainerRecord?>(seconds: 1)
    private let indexes = FactCache<UInt32, [String: ContainerRecord]>(seconds: 1)
    private let pods = FactCache<String, [String: (namespace: String, name: String)]>(seconds: 1)

    /// podman has one file for all its containers.
    private static let mostOfIndex = 1 << 24
    private static let drivers = ["overlay", "vfs", "btrfs", "zfs"]

    private typealias Reader =
        @Sendable (RuntimeState, StateFiles, CgroupIdentity, UInt64) -> ContainerRecord?

    /// Who may know a container; nil for one whose path does not name the runtime.
    private static let readers: [(runtime: String?, read: Reader)] = [
        ("docker", { $0.docker($1, $2, $3) }), ("containerd", { $0.containerd($1, $2, $3) }),
        ("cri-o", { $0.crio($1, $2, $3) }), ("podman", { $0.podman($1, $2, $3) }),
        (nil, { $0.docker($1, $2, $3) }), (nil, { $0.containerd($1, $2, $3) }),
        ("nspawn", { $0.machined($1, $2, $3) }), ("qemu", { $0.machined($1, $2, $3) }),
        ("libvirt-lxc", { $0.machined($1, $2, $3) }),
    ]

    init(_ system: SystemRoot) {
        self.system = system
        machine = FactCache(seconds: 60)
    }

    /// Whether there is anything to look for.
    static func mayKnow(_ identity: CgroupIdentity) -> Bool {
        guard identity.isContained, !identity.isNested else { return false }
        return identity.podUID != nil || readers.contains { $0.runtime == identity.runtime }
    }

    /// Adds what is written down; false if that is not all there should be.
    func complete(_ identity: inout CgroupIdentity, at now: UInt64) -> Bool {
        let isContainer = identity.containerID != nil || identity.container != nil
        var isFound = !isContainer
        if isContainer, let record = record(of: identity, at: now) {
            identity.add(record)
            isFound = true
        }
        guard let uid = identity.podUID, identity.pod == nil else { return isFound }
        guard let pod = loggedPods(at: now)[uid] else { return false }
        identity.pod = pod.name
        identity.namespace = pod.namespace
        return isFound
    }

    private func record(of identity: CgroupIdentity, at now: UInt64) -> ContainerRecord? {
        // A user may make a cgroup of any name, but has only the state of containers of their own.
        let user = identity.user ?? 0
        let name = identity.containerID ?? identity.container ?? ""
        return records.value(of: "\(user)/\(identity.runtime ?? "")/\(name)", at: now) { _ in
            let files = machine.value(of: user, at: now) { _ in
                user == 0 ? StateFiles(system) : StateFiles(system, user: user)
            }
            return Self.readers.lazy.filter { $0.runtime == identity.runtime }
                .compactMap { $0.read(self, files, identity, now) }.first
        }
    }

    private func docker(
        _ files: StateFiles, _ identity: CgroupIdentity, _: UInt64
    ) -> ContainerRecord? {
        guard let id = identity.containerID else { return nil }
        for root in files.docker {
            var name, image: String?
            var labels: [String: String] = [:]
            let isRead = files.strings("\(root)/containers/\(id)/config.v2.json") { place, value in
                switch (place.count, place.first) {
                case (1, "Name"): name = value.hasPrefix("/") ? String(value.dropFirst()) : value
                case (2, "Config") where place[1] == "Image": image = value
                case (3, "Config") where place[1] == "Labels": labels[place[2]] = value
                default: break
                }
            }
            guard isRead else { continue }
            var record = ContainerRecord("docker", annotations: labels)
            // Of a pod's container it is made of all names that there are (k8s_web_shop-0_…).
            if record.pod == nil { record.name = name }
            record.image = image
            record.labels = labels
            return record
        }
        return nil
    }

    private func containerd(
        _ files: StateFiles, _ identity: CgroupIdentity, _: UInt64
    ) -> ContainerRecord? {
        guard let id = identity.containerID else { return nil }
        for root in files.containerd {
            let tasks = "\(root)/io.containerd.runtime.v2.task"
            for namespace in files.names(in: tasks) {
                let bundle = "\(tasks)/\(namespace)/\(id)/config.json"
                if let annotations = files.table(bundle, under: "annotations") {
                    return ContainerRecord("containerd", annotations: annotations)
                }
            }
        }
        return nil
    }

    private func crio(
        _ files: StateFiles, _ identity: CgroupIdentity, _: UInt64
    ) -> ContainerRecord? {
        guard let id = identity.containerID else { return nil }
        for root in files.storage {
            for driver in Self.drivers {
                let bundle = "\(root)/\(driver)-containers/\(id)/userdata/config.json"
                guard let annotations = files.table(bundle, under: "annotations") else { continue }
                var record = ContainerRecord("cri-o", annotations: annotations)
                let labels = annotations["io.kubernetes.cri-o.Labels"] ?? "{}"
                try? JSONStrings.visit(Array(labels.utf8)) { place, value in
                    if place.count == 1 { record.labels[place[0]] = value }
                }
                return record
            }
        }
        return nil
    }

    private func podman(
        _ files: StateFiles, _ identity: CgroupIdentity, _ now: UInt64
    ) -> ContainerRecord? {
        let index = indexes.value(of: identity.user ?? 0, at: now) { _ in podmanIndex(files) }
        return identity.containerID.flatMap { index[$0] }
    }

    /// podman's containers by their identifiers: those that stay, and those that go with `--rm` or
    /// the next start.
    private func podmanIndex(_ files: StateFiles) -> [String: ContainerRecord] {
        var index: [String: ContainerRecord] = [:]
        for root in files.storage {
            for driver in Self.drivers {
                for name in ["containers.json", "volatile-containers.json"] {
                    let path = "\(root)/\(driver)-containers/\(name)"
                    index.merge(podmanRecords(files, path)) { own, _ in own }
                }
            }
        }
        return index
    }

    private func podmanRecords(_ files: StateFiles, _ path: String) -> [String: ContainerRecord] {
        var ids: [String: String] = [:]
        var records: [String: ContainerRecord] = [:]
        let isRead = files.strings(path, most: Self.mostOfIndex) { place, value in
            guard place.count >= 2 else { return }
            switch (place.count, place[1]) {
            case (2, "id"): ids[place[0]] = value
            case (3, "names") where place[2] == "0":
                records[place[0], default: ContainerRecord("podman")].name = value
            case (2, "metadata"):
                try? JSONStrings.visit(Array(value.utf8)) { inner, value in
                    guard inner == ["image-name"] else { return }
                    records[place[0], default: ContainerRecord("podman")].image = value
                }
            default: break
            }
        }
        guard isRead else { return [:] }
        let found = ids.compactMap { place, id in records[place].map { (id, $0) } }
        return Dictionary(found) { own, _ in own }
    }

    /// systemd-machined's file of a container or virtual machine: `KEY=value` lines.
    private func machined(
        _ files: StateFiles, _ identity: CgroupIdentity, _: UInt64
    ) -> ContainerRecord? {
        guard let name = identity.container, !name.contains("/"), name != "..", name != ".",
            let lines = files.lines("/run/systemd/machines/\(name)")
        else { return nil }
        var values: [Substring: String] = [:]
        for line in lines where !line.hasPrefix("#") {
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

    /// The pods by their UIDs: the kubelet has a directory `NAMESPACE_NAME_UID` for the logs of each,
    /// whatever the runtime.
    private func loggedPods(at now: UInt64) -> [String: (namespace: String, name: String)] {
        pods.value(of: "", at: now) { _ in
            var found: [String: (namespace: String, name: String)] = [:]
            for directory in StateFiles(system).names(in: "/var/log/pods") {
                let parts = directory.split(separator: "_")
                guard parts.count == 3 else { continue }
                found[String(parts[2])] = (String(parts[0]), String(parts[1]))
            }
            return found
        }
    }
}
