import CgroupModel

/// The label bytes that all series of one cgroup share.
struct CgroupLabels {
    /// The path that the labels contain.
    let path: CgroupPath
    /// `{cgroup="/a"` and the other labels of every series, without the closing brace so that
    /// another label can follow.
    let identity: [UInt8]
    /// The complete labels of `cgroup_info`.
    let info: [UInt8]

    init(_ path: CgroupPath, _ known: CgroupIdentity, inline: [IdentityLabel]) {
        var cgroup: [UInt8] = []
        cgroup.append("{cgroup=\"")
        cgroup.append(labelValue: path.description)
        cgroup.append(UInt8(ascii: "\""))
        var identity = cgroup
        for label in inline { identity.append(label: label.rawValue, label.value(known)) }
        var info = cgroup
        info.append(label: "parent", path.parent?.description ?? "")
        for label in IdentityLabel.allCases {
            info.append(label: label.rawValue, label.value(known))
        }
        info.append(UInt8(ascii: "}"))
        self.path = path
        self.identity = identity
        self.info = info
    }
}
