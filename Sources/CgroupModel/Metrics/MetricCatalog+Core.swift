extension MetricCatalog {
    static let coreRows: [Row] =
        [
            Row(
                "cgroup.populated", .core, .gauge, .flag, .tick, v2: "cgroup.events populated",
                family: "cgroup_populated", in: .basic, formerly: ["group.populated"],
                "Whether the cgroup or a descendant holds a live process."),
            Row(
                "cgroup.frozen", .freezer, .gauge, .flag, .tick, v2: "cgroup.events frozen",
                v1: Source("freezer.state", .frozenState), isEither: true, family: "cgroup_frozen",
                in: .basic, formerly: ["group.frozen"],
                "Whether every process of the cgroup is frozen."),
            Row(
                "cgroup.freeze", .core, .setting, .flag, .settings, v2: "cgroup.freeze",
                "Whether this cgroup itself has a freeze requested."),
            Row(
                "freezer.state", .freezer, .text, .none, .settings, v1: "freezer.state",
                "State of the v1 freezer: THAWED, FREEZING or FROZEN."),
            Row(
                "freezer.self_freezing", .freezer, .setting, .flag, .settings,
                v1: "freezer.self_freezing",
                "Whether this cgroup itself has a freeze requested (v1)."),
            Row(
                "freezer.parent_freezing", .freezer, .gauge, .flag, .settings,
                v1: "freezer.parent_freezing", "Whether an ancestor has a freeze requested (v1)."),
            Row(
                "cgroup.frozen_usec", .core, .counter, .microseconds, .settings,
                v2: "cgroup.stat.local frozen_usec",
                "Time since freezing was requested, summed over all freezes."),
            Row(
                "cgroup.nr_descendants", .core, .gauge, .count, .costly,
                v2: "cgroup.stat nr_descendants", family: "cgroup_descendants",
                "Visible descendant cgroups."),
            Row(
                "cgroup.nr_dying_descendants", .core, .gauge, .count, .costly,
                v2: "cgroup.stat nr_dying_descendants", family: "cgroup_dying_descendants",
                in: .basic,
                "Removed descendant cgroups that the kernel still keeps for their charges."),
            Row(
                "cgroup.max.depth", .core, .limit, .count, .settings, v2: "cgroup.max.depth",
                "Maximum depth of the subtree."),
            Row(
                "cgroup.max.descendants", .core, .limit, .count, .settings,
                v2: "cgroup.max.descendants", "Maximum number of descendants."),
            Row(
                "cgroup.type", .core, .text, .none, .settings, v2: "cgroup.type",
                "domain, domain threaded, domain invalid or threaded."),
            Row(
                "cgroup.controllers", .core, .text, .none, .settings, v2: "cgroup.controllers",
                "Controllers that the parent enables."),
            Row(
                "cgroup.subtree_control", .core, .text, .none, .settings,
                v2: "cgroup.subtree_control", "Controllers enabled for the children."),
            Row(
                "cgroup.pressure", .core, .setting, .flag, .settings, v2: "cgroup.pressure",
                "Whether pressure is accounted for this cgroup."),
            Row(
                "cgroup.notify_on_release", .core, .setting, .flag, .detail,
                v1: "notify_on_release",
                "Whether the release agent runs when the cgroup empties (v1)."),
            Row(
                "cgroup.clone_children", .core, .setting, .flag, .detail,
                v1: "cgroup.clone_children", "Whether new children copy the cpuset (v1)."),
        ] + controllerRows + pressureRows

    /// The number of cgroups per controller, live and dying (since Linux 6.12).
    ///
    /// They show which controller pins removed cgroups.
    private static let controllerRows: [Row] = [
        Controller.cpuset, .cpu, .io, .memory, .perfEvent, .hugetlb, .pids, .rdma, .misc, .dmem,
    ].flatMap { (controller: Controller) -> [Row] in
        let name = controller.rawValue
        return [
            Row(
                "cgroup.nr_subsys_\(name)", .core, .gauge, .count, .detail,
                v2: Source("cgroup.stat nr_subsys_\(name)"), family: "cgroup_controller_cgroups",
                in: .extra(.controllers), labels: ["controller": name],
                "Cgroups in this subtree with the controller enabled, this one included."),
            Row(
                "cgroup.nr_dying_subsys_\(name)", .core, .gauge, .count, .detail,
                v2: Source("cgroup.stat nr_dying_subsys_\(name)"),
                family: "cgroup_controller_dying_cgroups", in: .extra(.controllers),
                labels: ["controller": name],
                "Removed cgroups in this subtree that the controller has not freed."),
        ]
    }

    /// PSI: `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`.
    ///
    /// Averages are updated every 2 s, totals immediately (Documentation/accounting/psi.rst).
    private static let pressureRows: [Row] = [
        ("cpu", "some"), ("cpu", "full"), ("memory", "some"), ("memory", "full"), ("io", "some"),
        ("io", "full"), ("irq", "full"),
    ].flatMap { (resource: String, share: String) -> [Row] in
        let who = share == "some" ? "some task" : "every non-idle task"
        let word = share == "some" ? "waiting" : "stalled"
        let delay =
            switch resource {
            case "cpu": "waited for a CPU"
            case "io": "waited for I/O"
            case "irq": "was delayed by interrupts"
            default: "waited for \(resource)"
            }
        let averages = ["10", "60", "300"].map { (window: String) -> Row in
            Row(
                "\(resource).pressure.\(share).avg\(window)", .core, .gauge, .percentHundredths,
                .tick, v2: Source("\(resource).pressure \(share).avg\(window)"),
                family: "cgroup_pressure_average_ratio", in: .extra(.pressureAverages),
                labels: ["resource": resource, "kind": word, "window": "\(window)s"],
                formerly: ["psi.\(resource).\(share).avg\(window)"],
                familyHelp: "Share of the window in which tasks waited for the resource: some "
                    + "task (kind waiting), or every non-idle task (stalled).",
                "Percent of the last \(window) s in which \(who) \(delay).")
        }
        let total = Row(
            "\(resource).pressure.\(share).total", .core, .counter, .microseconds,
            .tick, v2: Source("\(resource).pressure \(share).total"),
            family: "cgroup_pressure_\(resource)_\(word)_seconds_total",
            in: resource == "irq" ? .full : .basic, formerly: ["psi.\(resource).\(share).total"],
            "Time in which \(who) \(delay).")
        return averages + [total]
    }
}
