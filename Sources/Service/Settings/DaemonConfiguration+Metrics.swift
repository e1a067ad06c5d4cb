package import CgroupModel
internal import Configuration

/// The section `metrics` of `cgwarden.yaml`, with keys named after the command-line options.
extension ExportSelection {
    private static let keys =
        [
            "profile", "depth", "include", "exclude", "exclude_device", "idle_devices",
            "max_cgroups", "inline_labels",
        ] + ExportExtra.allCases.map { $0.rawValue.replacing("-", with: "_") }

    mutating func read(_ node: ConfigNode) throws(ConfigError) {
        for entry in try node.mapping(for: "metrics", keys: Self.keys) {
            let value = entry.value
            let what = "metrics.\(entry.key)"
            switch entry.key {
            case "profile":
                let name = try value.word(for: what, among: ExportProfile.allCases.map(\.rawValue))
                profile = ExportProfile(rawValue: name) ?? .full
            case "depth": depth = try value.count(for: what, from: 0, upTo: 1000)
            case "include": include = try value.pathGlobs(for: what)
            case "exclude": exclude = try value.pathGlobs(for: what)
            case "exclude_device": excludedDevices = try value.globs(for: what)
            case "idle_devices": hasIdleDevices = try value.flag(for: what)
            case "max_cgroups": mostCgroups = try value.count(for: what, from: 1, upTo: 1_000_000)
            case "inline_labels": inlineLabels = try value.labels(for: what)
            default:
                let isOn = try value.flag(for: what)
                guard let extra = ExportExtra(rawValue: entry.key.replacing("_", with: "-")) else {
                    continue
                }
                if isOn { extras.insert(extra) } else { extras.remove(extra) }
            }
        }
    }
}

extension Glob {
    /// The rule for path patterns, as error messages state it.
    package static let pathRule =
        "a pattern for cgroups must begin with /, such as /system.slice/**, and close its brackets"

    /// Parses a pattern for cgroup paths; nil if it is invalid.
    package init?(path pattern: String) {
        guard pattern.hasPrefix("/") else { return nil }
        self.init(pattern, separator: "/")
    }
}

extension ConfigNode {
    fileprivate func pathGlobs(for what: String) throws(ConfigError) -> [Glob] {
        var globs: [Glob] = []
        for node in try sequence(for: what) {
            guard let glob = Glob(path: try node.text(for: what)) else {
                throw ConfigError(node.position, "\(what): \(Glob.pathRule)")
            }
            globs.append(glob)
        }
        return globs
    }

    fileprivate func globs(for what: String) throws(ConfigError) -> [Glob] {
        var globs: [Glob] = []
        for node in try sequence(for: what) {
            guard let glob = Glob(try node.text(for: what), separator: nil) else {
                throw ConfigError(node.position, "\(what): a bracket or brace is not closed")
            }
            globs.append(glob)
        }
        return globs
    }

    fileprivate func labels(for what: String) throws(ConfigError) -> [IdentityLabel] {
        let known = IdentityLabel.allCases.map(\.rawValue)
        var names: [String] = []
        for node in try sequence(for: what) { names.append(try node.word(for: what, among: known)) }
        return IdentityLabel.allCases.filter { names.contains($0.rawValue) }
    }
}
