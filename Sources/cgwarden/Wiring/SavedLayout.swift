import CgroupModel
import Configuration
import KernelIO
import LiveView
import Reports
import Service

/// The saved layout of the live view, in `$XDG_CONFIG_HOME/cgwarden/top.yaml`.
enum SavedLayout {
    private static let keys = [
        "sort", "reverse", "tree", "columns", "set", "delay", "percent",
    ]

    /// The directory of the file; nil without a home directory.
    private static var directory: String? {
        if let base = Environment.value("XDG_CONFIG_HOME"), base.hasPrefix("/") {
            return base + "/cgwarden"
        }
        return Environment.value("HOME").map { $0 + "/.config/cgwarden" }
    }

    /// Returns the saved layout, or the default one.
    ///
    /// Reports a file with errors and leaves it unchanged.
    static func load() -> Layout {
        guard let directory else { return Layout() }
        let path = directory + "/top.yaml"
        do {
            let bytes = try TrustedFile.contents(of: path, most: ConfigLoader.largestFile)
            return try layout(ConfigLoader.load(bytes, file: path))
        } catch let refusal as FileRefusal where refusal.isFailure {
            return Layout()
        } catch {
            StandardOutput.complain("cgwarden: \(error); using the default layout")
            return Layout()
        }
    }

    private static func layout(_ node: ConfigNode) throws(ConfigError) -> Layout {
        var layout = Layout()
        for entry in try node.mapping(for: "the layout", keys: keys) {
            let value = entry.value
            switch entry.key {
            case "sort":
                let word = try value.word(for: "sort", among: SortKey.allCases.map(\.rawValue))
                layout.sort = SortKey(rawValue: word) ?? layout.sort
            case "reverse": layout.reverse = try flag(value, "reverse")
            case "tree": layout.tree = try flag(value, "tree")
            case "percent": layout.percent = try flag(value, "percent")
            case "set":
                let word = try value.word(for: "set", among: ColumnSet.allCases.map(\.rawValue))
                layout.set = ColumnSet(rawValue: word) ?? layout.set
            case "delay":
                let text = try value.text(for: "delay")
                guard let interval = Interval(argument: text) else {
                    throw ConfigError(value.position, "delay must be a time such as 2s")
                }
                layout.delay = interval.seconds
            default:
                var columns: Set<Column> = []
                for element in try value.sequence(for: "columns") {
                    let word = try element.word(
                        for: "column", among: Column.allCases.map(\.rawValue))
                    if let column = Column(rawValue: word) { columns.insert(column) }
                }
                layout.columns = columns
            }
        }
        return layout
    }

    private static func flag(_ node: ConfigNode, _ name: String) throws(ConfigError) -> Bool {
        try node.word(for: name, among: ["true", "false"]) == "true"
    }

    /// Saves a layout; returns the file's path.
    static func save(_ layout: Layout) throws -> String {
        guard let directory else {
            throw CgwardenError(
                "neither XDG_CONFIG_HOME nor HOME is set; set one of them", .unavailable)
        }
        let columns = Column.allCases.filter(layout.columns.contains).map { "  - \($0.rawValue)\n" }
        let text = """
            # Layout of cgwarden top, saved by its s key.
            sort: \(layout.sort.rawValue)
            reverse: \(layout.reverse)
            tree: \(layout.tree)
            percent: \(layout.percent)
            delay: \(layout.delay)s
            set: \(layout.set.rawValue)
            columns:
            \(columns.joined())
            """
        // Replaces a symbolic link instead of following it: under `sudo` with the user's HOME, it
        // could point anywhere.
        try OwnDirectory(making: directory).replace("top.yaml", with: Array(text.utf8))
        return directory + "/top.yaml"
    }
}
