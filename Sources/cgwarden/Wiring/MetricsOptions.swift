#if Exporter
import ArgumentParser
import CgroupModel
import Service

/// The options that select metrics, shared by all commands that serve them.
///
/// An option that is not given leaves the configuration unchanged.
struct MetricsOptions: ParsableArguments {
    @Option(
        name: .customLong("metrics.profile"),
        help: ArgumentHelp("Profile: basic or full (default).", valueName: "profile"),
        completion: .words(ExportProfile.allCases.map(\.rawValue)), transform: profile)
    var profile: ExportProfile?
    @Option(
        name: .customLong("metrics.depth"),
        help: ArgumentHelp("Depth below the topmost cgroup (default 6).", valueName: "number"))
    var depth: Int?
    @Option(
        name: .customLong("metrics.include"),
        help: ArgumentHelp(
            "Export only matching cgroups, such as /system.slice/**; may be repeated.",
            valueName: "glob"),
        transform: PathGlob.init(argument:))
    var include: [PathGlob] = []
    @Option(
        name: .customLong("metrics.exclude"),
        help: ArgumentHelp(
            "Exclude matching cgroups, such as '/**/session-*.scope'; may be repeated.",
            valueName: "glob"),
        transform: PathGlob.init(argument:))
    var exclude: [PathGlob] = []
    @Option(
        name: .customLong("metrics.exclude-device"),
        help: ArgumentHelp(
            "Exclude matching block devices (default loop*, ram* and zram*).",
            valueName: "glob"),
        transform: DeviceGlob.init(argument:))
    var excludedDevices: [DeviceGlob] = []
    @Flag(
        name: .customLong("metrics.idle-devices"),
        help: "Include devices that a cgroup never used.")
    var idleDevices = false
    @Flag(name: .customLong("metrics.per-cpu"), help: "Include CPU time by CPU (v1).")
    var perCPU = false
    @Flag(name: .customLong("metrics.pressure-averages"), help: "Include pressure averages.")
    var pressureAverages = false
    @Flag(name: .customLong("metrics.io-cost"), help: "Include iocost times (v2).")
    var ioCost = false
    @Flag(
        name: .customLong("metrics.memory-stat"),
        help: "Include all keys of memory.stat, for debugging.")
    var memoryStat = false
    @Flag(name: .customLong("metrics.numa"), help: "Include memory by node.")
    var numa = false
    @Flag(name: .customLong("metrics.processes"), help: "Include the number of processes.")
    var processes = false
    @Flag(
        name: .customLong("metrics.controllers"),
        help: "Include live and removed cgroups by controller (v2).")
    var controllers = false
    @Option(
        name: .customLong("metrics.max-cgroups"),
        help: ArgumentHelp(
            "Maximum number of cgroups, shallowest and oldest first (default 1000).",
            valueName: "number"))
    var maxCgroups: Int?
    @Option(
        name: .customLong("web.inline-labels"),
        help: ArgumentHelp(
            "Labels of cgroup_info to add to every series: unit,container,pod.",
            valueName: "names"),
        completion: .commaSeparated(IdentityLabel.allCases.map(\.rawValue)),
        transform: InlineLabels.init(argument:))
    var inlineLabels: InlineLabels?

    private static func profile(_ text: String) throws -> ExportProfile {
        guard let profile = ExportProfile(rawValue: text) else {
            throw ValidationError(
                unknown: "profile", text, among: ExportProfile.allCases.map(\.rawValue))
        }
        return profile
    }

    func validate() throws {
        if let depth, depth < 0 { throw ValidationError("--metrics.depth cannot be negative") }
        if let maxCgroups, maxCgroups < 1 {
            throw ValidationError("--metrics.max-cgroups must be at least 1")
        }
    }

    /// Applies the given options to the selection of a configuration.
    func applied(to configured: ExportSelection) -> ExportSelection {
        var selection = configured
        if let profile { selection.profile = profile }
        if let depth { selection.depth = depth }
        if !include.isEmpty { selection.include = include.map(\.glob) }
        if !exclude.isEmpty { selection.exclude = exclude.map(\.glob) }
        if !excludedDevices.isEmpty { selection.excludedDevices = excludedDevices.map(\.glob) }
        if idleDevices { selection.hasIdleDevices = true }
        let extras: [(Bool, ExportExtra)] = [
            (perCPU, .perCPU), (pressureAverages, .pressureAverages), (ioCost, .ioCost),
            (memoryStat, .memoryStat), (numa, .numa), (processes, .processes),
            (controllers, .controllers),
        ]
        selection.extras.formUnion(extras.filter(\.0).map(\.1))
        if let maxCgroups { selection.mostCgroups = maxCgroups }
        if let inlineLabels { selection.inlineLabels = inlineLabels.labels }
        return selection
    }
}

/// A pattern for cgroup paths.
struct PathGlob {
    let glob: Glob

    init(argument: String) throws {
        guard let glob = Glob(path: argument) else { throw ValidationError(Glob.pathRule) }
        self.glob = glob
    }
}

/// A pattern for names of block devices.
struct DeviceGlob {
    let glob: Glob

    init(argument: String) throws {
        guard let glob = Glob(argument, separator: nil) else {
            throw ValidationError("the pattern has an unclosed bracket or brace")
        }
        self.glob = glob
    }
}

/// A comma-separated list of label names of `cgroup_info`.
struct InlineLabels {
    let labels: [IdentityLabel]

    init(argument: String) throws {
        let names = argument.split(separator: ",").map(String.init)
        labels = IdentityLabel.allCases.filter { names.contains($0.rawValue) }
        let known = IdentityLabel.allCases.map(\.rawValue)
        if let unknown = names.first(where: { !known.contains($0) }) {
            throw ValidationError(unknown: "label", unknown, among: known)
        }
    }
}
#endif
