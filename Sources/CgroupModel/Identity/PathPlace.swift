/// Recognizes containers and pods by the path components that runtimes and the kubelet create.
///
/// `Tests/Fixtures/identities.txt` lists the forms.
enum PathPlace {
    struct Container {
        var runtime: String?
        var id: String?
        var name: String?
        var isMachine = false
    }

    /// The prefixes in `PREFIXid.scope`, or in `PREFIXid` if the runtime does not use systemd.
    ///
    /// The monitor processes of containers (`crio-conmon-ID`, `libpod-conmon-ID`) do not match,
    /// because no ID directly follows the prefix.
    private static let prefixes = [
        ("docker-", "docker"), ("cri-containerd-", "containerd"), ("nerdctl-", "containerd"),
        ("crio-", "cri-o"), ("libpod-payload-", "podman"), ("libpod-", "podman"),
    ]

    /// The prefixes in `machine-PREFIXname.scope`; systemd-nspawn has none.
    private static let registrars = [
        (prefix: "qemu-", runtime: "qemu", isMachine: true),
        (prefix: "lxc-", runtime: "libvirt-lxc", isMachine: false),
        (prefix: "", runtime: "nspawn", isMachine: false),
    ]

    /// The container whose cgroup is at an index; nil if there is none.
    static func container(_ names: [String], at place: Int) -> Container? {
        let name = names[place]
        let above = place > 0 ? names[place - 1] : ""
        let stem = name.hasSuffix(".scope") ? name.dropLast(".scope".count) : name[...]
        for (prefix, runtime) in prefixes where stem.hasPrefix(prefix) {
            let id = stem.dropFirst(prefix.count)
            if isID(id) { return Container(runtime: runtime, id: String(id)) }
        }
        // runc uses systemd's SLICE:PREFIX:ID as a name if it is not configured for systemd.
        let parts = name.utf8.split(separator: UInt8(ascii: ":")).map { Substring($0) }
        if parts.count == 3, isID(parts[2]) {
            let known = prefixes.first { $0.0 == "\(parts[1])-" }
            return Container(runtime: known?.1 ?? String(parts[1]), id: String(parts[2]))
        }
        // podman names pods like containers.
        if isID(name[...]), above != "libpod_parent" {
            return Container(runtime: above == "docker" ? "docker" : nil, id: name)
        }
        return lxc(name, below: above) ?? machine(name, below: above)
    }

    /// Matches `lxc.payload.NAME` (LXC 4 and later), `lxc.payload/NAME` (LXC 3) and `lxc/NAME`
    /// (older, and Proxmox).
    private static func lxc(_ name: String, below above: String) -> Container? {
        let prefix = "lxc.payload."
        if name.hasPrefix(prefix), name.utf8.count > prefix.utf8.count {
            return Container(runtime: "lxc", name: String(name.dropFirst(prefix.count)))
        }
        guard above == "lxc" || above == "lxc.payload" else { return nil }
        return Container(runtime: "lxc", name: name)
    }

    /// Matches systemd-nspawn's service, and the scopes of other machines in systemd-machined.
    private static func machine(_ name: String, below above: String) -> Container? {
        if let name = within(name, "systemd-nspawn@", ".service") {
            return Container(runtime: "nspawn", name: UnitName.readable(name))
        }
        guard above == "machine.slice", let escaped = within(name, "machine-", ".scope") else {
            return nil
        }
        let machine = UnitName.readable(escaped)
        return registrars.first { machine.hasPrefix($0.prefix) }.map {
            Container(runtime: $0.runtime, name: machine, isMachine: $0.isMachine)
        }
    }

    /// The Kubernetes pod whose cgroup is at an index; nil if there is none.
    ///
    /// With systemd, the component contains everything: `kubepods-burstable-podUID.slice`, possibly
    /// prefixed with the kubelet's parent slices. Dashes in the UID are written as `_`. Without
    /// systemd, the directories do: `kubepods/burstable/podUID`.
    static func pod(_ names: [String], at place: Int) -> (uid: String, qos: String)? {
        let unit = Substring(names[place].utf8.prefix { $0 != UInt8(ascii: ":") })
        var parts: [Substring]
        if unit.hasSuffix(".slice") {
            parts = unit.dropLast(".slice".count).split(separator: "-")
        } else {
            guard names[...place].suffix(3).contains("kubepods") else { return nil }
            parts = names[...place].suffix(3).map { $0[...] }
        }
        guard let top = parts.lastIndex(of: "kubepods") else { return nil }
        parts.removeFirst(top + 1)
        let classes: Set<Substring> = ["burstable", "besteffort"]
        let qos = parts.first.flatMap { classes.contains($0) ? String($0) : nil }
        if qos != nil { parts.removeFirst() }
        guard parts.count == 1, parts[0].hasPrefix("pod") else { return nil }
        let uid = parts[0].dropFirst("pod".count).map { $0 == "_" ? "-" : $0 }
        guard !uid.isEmpty, uid.allSatisfy({ $0 == "-" || $0.utf8.allSatisfy(\.isLowerHexDigit) })
        else { return nil }
        return (String(uid), qos ?? "guaranteed")
    }

    private static func isID(_ text: Substring) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy(\.isLowerHexDigit)
    }

    /// The text between a prefix and a suffix; nil if either is missing or the text is empty.
    private static func within(_ name: String, _ prefix: String, _ suffix: String) -> String? {
        guard name.hasPrefix(prefix), name.hasSuffix(suffix),
            name.utf8.count > prefix.utf8.count + suffix.utf8.count
        else { return nil }
        return String(name.dropFirst(prefix.count).dropLast(suffix.count))
    }
}
