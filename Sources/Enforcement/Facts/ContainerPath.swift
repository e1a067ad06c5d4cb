internal import CgroupModel
internal import Policy

/// What a cgroup's path tells of the container that it is, or is within.
///
/// Runtimes name the cgroup by the container's id, 64 hexadecimal digits; LXC and systemd-nspawn
/// by its name.
enum ContainerPath {
    /// The innermost container that the path names; nil if there is none.
    static func container(in path: CgroupPath) -> ContainerFacts? {
        let names = path.bytes.split(separator: UInt8(ascii: "/")).map { CgroupPath.text($0) }
        for index in names.indices.reversed() {
            let above = index > 0 ? names[index - 1] : ""
            if let found = container(named: names[index], below: above) { return found }
        }
        return nil
    }

    /// `PREFIXid.scope`, or `PREFIXid` where the runtime does without systemd.
    private static let prefixes = [
        ("docker-", "docker"), ("cri-containerd-", "containerd"), ("nerdctl-", "containerd"),
        ("crio-", "cri-o"), ("libpod-", "podman"),
    ]

    private static func container(named name: String, below above: String) -> ContainerFacts? {
        let stem = name.hasSuffix(".scope") ? String(name.dropLast(".scope".count)) : name
        for (prefix, runtime) in prefixes where stem.hasPrefix(prefix) {
            let id = stem.dropFirst(prefix.count)
            // The monitor beside a container (`crio-conmon-ID`) is none.
            return isID(id) ? facts(runtime, id: String(id)) : nil
        }
        // `SLICE:cri-containerd:ID`, containerd told of no systemd where the kubelet was.
        let parts = name.split(separator: ":")
        if parts.count == 3, isID(parts[2]) {
            return facts(
                parts[1] == "cri-containerd" ? "containerd" : String(parts[1]), id: String(parts[2])
            )
        }
        if isID(stem[...]) { return facts(above == "docker" ? "docker" : nil, id: stem) }
        return named(stem, name, below: above)
    }

    private static func named(
        _ stem: String, _ name: String, below above: String
    ) -> ContainerFacts? {
        if stem.hasPrefix("lxc.payload.") {
            return facts("lxc", name: String(stem.dropFirst("lxc.payload.".count)))
        }
        if above == "lxc" { return facts("lxc", name: stem) }
        if stem.hasPrefix("systemd-nspawn@"), name.hasSuffix(".service") {
            let instance = stem.dropFirst("systemd-nspawn@".count).dropLast(".service".count)
            return facts("nspawn", name: unescaped(String(instance)))
        }
        // systemd-machined's scopes; a virtual machine's name begins with its hypervisor.
        if above == "machine.slice", stem.hasPrefix("machine-"), name.hasSuffix(".scope") {
            let machine = unescaped(String(stem.dropFirst("machine-".count)))
            return facts(machine.hasPrefix("qemu-") ? "qemu" : "nspawn", name: machine)
        }
        return nil
    }

    private static func isID(_ text: Substring) -> Bool {
        text.utf8.count == 64 && text.allSatisfy { $0.isHexDigit && !$0.isUppercase }
    }

    private static func facts(
        _ runtime: String?, id: String? = nil, name: String? = nil
    ) -> ContainerFacts {
        var facts = ContainerFacts()
        facts.runtime = runtime
        facts.id = id
        facts.name = name
        return facts
    }

    /// systemd writes a `-` of a name within a unit's name as `\x2d`.
    private static func unescaped(_ text: String) -> String {
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "x"),
                let code = UInt8(
                    String(decoding: rest.dropFirst().prefix(2), as: UTF8.self), radix: 16)
            {
                result.append(code)
                rest = rest.dropFirst(3)
            } else {
                result.append(byte)
            }
        }
        return CgroupPath.text(result[...])
    }
}
