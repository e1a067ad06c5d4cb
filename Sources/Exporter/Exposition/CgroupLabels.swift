import CgroupModel

/// The labels of one cgroup as bytes that every one of its series repeats.
struct CgroupLabels {
    /// The path that they spell.
    let path: CgroupPath
    /// `{cgroup="/a"`, without the closing brace so that another label can follow.
    let identity: [UInt8]
    /// The labels of `cgroup_info`, complete.
    let info: [UInt8]

    init(_ path: CgroupPath, _ known: CgroupIdentity) {
        var identity: [UInt8] = []
        identity.append("{cgroup=\"")
        identity.append(labelValue: path.description)
        identity.append(UInt8(ascii: "\""))
        let pairs = [
            ("parent", path.parent?.description ?? ""), ("kind", known.kind.rawValue),
            ("unit", known.unit ?? ""), ("slice", known.slice ?? ""),
        ]
        var info = identity
        for (name, value) in pairs {
            info.append(",\(name)=\"")
            info.append(labelValue: value)
            info.append(UInt8(ascii: "\""))
        }
        info.append(UInt8(ascii: "}"))
        self.path = path
        self.identity = identity
        self.info = info
    }
}
