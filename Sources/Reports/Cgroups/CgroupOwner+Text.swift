internal import Actuation
internal import CgroupModel

extension CgroupOwner {
    /// The owner in a few words; nil if there is none.
    var name: String? {
        switch self {
        case .nobody: nil
        case .systemd(let unit): "systemd (\(unit.name))"
        case .delegated(let unit): "a process of \(unit.name)"
        case .container(let runtime, _): runtime
        case .kubelet: "the kubelet"
        case .ours: "cgwarden"
        }
    }

    /// The owner in one sentence.
    var sentence: String {
        switch self {
        case .nobody: "no known owner of its limits"
        case .systemd(let unit): "limits kept by systemd, as properties of \(unit)"
        case .delegated(let unit): "delegated by systemd to \(unit)"
        case .container(let runtime, let unit):
            "limits set by \(runtime)" + (unit.map { " through systemd, as \($0)" } ?? "")
        case .kubelet(let unit):
            "limits set by the kubelet" + (unit.map { " through systemd, as \($0)" } ?? "")
        case .ours: "created by cgwarden"
        }
    }

    /// Writes its kind, with its unit or runtime if it has one, into an open object.
    func write(to json: inout JSONWriter) {
        let (kind, unit, runtime): (String, SystemdUnit?, String?) =
            switch self {
            case .nobody: ("unknown", nil, nil)
            case .systemd(let unit): ("systemd", unit, nil)
            case .delegated(let unit): ("delegated", unit, nil)
            case .container(let runtime, let unit): ("runtime", unit, runtime)
            case .kubelet(let unit): ("kubelet", unit, nil)
            case .ours: ("cgwarden", nil, nil)
            }
        json.member("kind", kind)
        if let unit {
            json.member("unit", "\(unit)")
        }
        if let runtime {
            json.member("runtime", runtime)
        }
    }
}
