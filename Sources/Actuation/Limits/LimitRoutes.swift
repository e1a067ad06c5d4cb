internal import CgroupModel

/// The way a planned write reaches the kernel through systemd.
package struct LimitRoute: Hashable, Sendable {
    /// The unit to change.
    package let unit: SystemdUnit
    /// The unit's properties for the value.
    package let properties: [String]
}

/// The ways the writes of a plan reach the kernel.
package struct LimitRoutes: Sendable {
    private let routes: [LimitRoute?]
    /// Side effects of systemd on the values, one sentence each.
    package let warnings: [String]

    /// Determines the routes; throws if systemd keeps a value that it has no property for.
    package init(
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
                        "\(write.name): systemd resets it to OOMPolicy of \(unit) when the unit "
                            + "is reloaded or gets another limit; permanent: systemctl edit "
                            + ShellWord.quoted(unit.name))
                }
                continue
            }
            routes.append(LimitRoute(unit: unit, properties: try systemd.plan([value]).properties))
            if !write.isDone { wanted[unit, default: []].append(value) }
        }
        self.routes = routes
        // Planned together, because v1 keeps the parts of a quota in two files.
        for values in wanted.values { warnings += try systemd.plan(values).warnings }
        self.warnings = warnings
    }

    /// The route of the write at this index; nil if its file is written directly.
    package subscript(index: Int) -> LimitRoute? { routes[index] }
}
