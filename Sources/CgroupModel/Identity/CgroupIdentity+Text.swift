/// Texts that describe a cgroup's identity.
extension CgroupIdentity {
    /// A short name to show instead of the last path component: `web (docker)`, `shop-0 (pod)`.
    ///
    /// Nil if it would repeat the component.
    package var title: String? {
        switch kind {
        case .container: container.map { "\($0.printable) (\(runtime ?? "container"))" }
        case .pod: pod.map { "\($0.printable) (pod)" }
        case .slice, .service, .scope, .other: nil
        }
    }

    /// The container and pod that the cgroup is or belongs to, one phrase per line.
    ///
    /// Examples: `container web (docker, nginx:1.25)`, `in container …`, `pod shop-0 of prod
    /// (burstable)`.
    package var sentences: [String] {
        var lines: [String] = []
        if runtime != nil || containerID != nil || container != nil {
            let what = isMachine ? "virtual machine" : "container"
            let isWithin = kind != (isMachine ? .scope : .container)
            let remarks = [runtime, image?.printable].compactMap { $0 }.joined(separator: ", ")
            lines.append(
                (isWithin ? "in " : "")
                    + "\(what) \(container?.printable ?? shortID ?? "without a name")"
                    + (remarks.isEmpty ? "" : " (\(remarks))"))
        }
        if podUID != nil || pod != nil {
            let place = namespace.map { " of \($0.printable)" } ?? ""
            lines.append(
                (kind == .pod ? "" : "in ") + "pod \(pod?.printable ?? podUID ?? "")\(place)"
                    + (qos.map { " (\($0))" } ?? ""))
        }
        if let unit, lines.isEmpty, UnitName.readable(unit) != unit {
            lines.append("unit \(UnitName.readable(unit))")
        }
        return lines.map(\.onOneLine)
    }

    /// The container ID as runtimes abbreviate it.
    private var shortID: String? { containerID.map { String($0.prefix(12)) } }
}
