/// How a write of a plan reaches the kernel through systemd.
public struct LimitRoute: Hashable, Sendable {
    /// The unit that systemd is asked to change.
    public let unit: SystemdUnit
    /// Its properties that stand for the value.
    public let properties: [String]
}

/// How each write of a plan reaches the kernel.
public struct LimitRoutes: Sendable {
    private let routes: [LimitRoute?]
    /// What systemd will make of the values without anyone's doing, a sentence each.
    public let warnings: [String]

    /// Finds out; throws if systemd keeps a value that it cannot be asked for.
    public init(
        of plan: LimitPlan, through files: any ControlFiles
    ) throws(ActuationError) {
        guard let systemd = files.systemd else {
            routes = plan.writes.map { _ in nil }
            warnings = []
            return
        }
        var routes: [LimitRoute?] = []
        var wanted: [SystemdUnit: [PlacedValue]] = [:]
        var warnings: [String] = []
        for write in plan.writes {
            let value = PlacedValue(write)
            guard let unit = systemd.unit(keeping: write.cell.file, of: write.directory) else {
                routes.append(nil)
                if let unit = systemd.unit(overwriting: write.cell.file, of: write.directory) {
                    warnings.append(
                        "\(write.name): systemd writes what OOMPolicy of \(unit) says again when it "
                            + "is reloaded or asked for another limit; for good: systemctl edit "
                            + unit.name)
                }
                continue
            }
            routes.append(LimitRoute(unit: unit, properties: try systemd.plan([value]).properties))
            if !write.isDone { wanted[unit, default: []].append(value) }
        }
        self.routes = routes
        // Together, for v1 keeps the halves of a quota in two files.
        for values in wanted.values { warnings += try systemd.plan(values).warnings }
        self.warnings = warnings
    }

    /// The way of one of the plan's writes; nil where its file is written.
    public subscript(index: Int) -> LimitRoute? { routes[index] }
}
