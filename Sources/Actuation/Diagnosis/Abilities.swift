internal import CgroupModel
internal import Hierarchy

/// Determines which commands work on this host and how, from its hierarchies and kernel version.
struct Abilities {
    let set: HierarchySet
    let trees: [Diagnosis.Tree]
    private let version: (major: Int, minor: Int)

    private let hasUserManager: Bool

    init(
        set: HierarchySet, trees: [Diagnosis.Tree], kernel: String, hasUserManager: Bool = false
    ) {
        self.set = set
        self.trees = trees
        self.hasUserManager = hasUserManager
        let parts = kernel.split(separator: ".").map { part in Int(part.prefix { $0.isNumber }) ?? 0
        }
        version = (parts.first ?? 0, parts.count > 1 ? parts[1] : 0)
    }

    var all: [Diagnosis.Ability] {
        [freeze, kill, pin, reclaim]
            + [Controller.memory, .cpu, .io, .pids].map(limit)
            + ["run", "move", "create", "remove"].map(change)
    }

    private func isAtLeast(_ major: Int, _ minor: Int) -> Bool {
        version >= (major, minor)
    }

    private var freeze: Diagnosis.Ability {
        if let unified = set.unified, isAtLeast(5, 2) {
            return able("freeze, thaw", "cgroup.freeze", unified)
        }
        if let freezer = set.legacy(.freezer) {
            return able("freeze, thaw", "freezer.state", freezer)
        }
        return unable(
            "freeze, thaw",
            "no hierarchy can freeze; mount v2 (Linux 5.2 or later), or v1 with -o freezer")
    }

    private var kill: Diagnosis.Ability {
        if let unified = set.unified, isAtLeast(5, 14) {
            return able("kill", "cgroup.kill", unified)
        }
        if let freezer = set.legacy(.freezer) {
            return able("kill", "freezer.state and SIGKILL", freezer)
        }
        return able("kill", "SIGKILL, one process at a time", 0)
    }

    private var pin: Diagnosis.Ability {
        guard let tree = tree(of: .cpuset) else {
            return unable("pin", absence(of: .cpuset))
        }
        return able("pin", "cpuset.cpus, cpuset.mems", tree)
    }

    private var reclaim: Diagnosis.Ability {
        guard let tree = tree(of: .memory) else {
            return unable("reclaim", absence(of: .memory))
        }
        if set.hierarchies[tree].version == .legacy {
            return able("reclaim", "memory.force_empty", tree, but: "v1 supports only --all")
        }
        return isAtLeast(5, 19)
            ? able("reclaim", "memory.reclaim", tree)
            : unable("reclaim", "memory.reclaim needs Linux 5.19 or later")
    }

    private func limit(_ controller: Controller) -> Diagnosis.Ability {
        let command = "set \(controller.rawValue)"
        guard let tree = tree(of: controller) else {
            return unable(command, absence(of: controller))
        }
        return able(command, "\(controller.rawValue) controller", tree)
    }

    private func absence(of controller: Controller) -> String {
        "no hierarchy has \(controller.rawValue)"
            + (set.isOffSinceBoot(controller)
                ? ", disabled at boot; boot with cgroup_enable=\(controller.rawValue), and without "
                    + "cgroup_disable=" : "")
    }

    private func change(_ command: String) -> Diagnosis.Ability {
        let writable = trees.filter { $0.refusal == nil }
        if writable.count == trees.count { return able(command, "all hierarchies") }
        if let first = writable.first ?? trees.first(where: \.ownIsWritable) {
            let means = writable.isEmpty ? "the cgroups delegated to you" : "some hierarchies"
            return able(command, "\(means), such as \(first.label)")
        }
        if command == "run", hasUserManager { return able(command, "scopes of your user manager") }
        let refusal = trees.first?.refusal.map { "\($0); " } ?? ""
        return unable(
            command,
            "\(refusal)run as root, or under systemd with: systemd-run --user --scope "
                + "-p Delegate=yes")
    }

    private func tree(of controller: Controller) -> Int? {
        if let tree = set.legacy(controller) { return tree }
        guard let unified = set.unified,
            set.hierarchies[unified].controllers.contains(controller)
        else { return nil }
        return unified
    }

    /// Returns how a command works in a hierarchy, or why this process may not run it there.
    private func able(
        _ command: String, _ means: String, _ tree: Int, but note: String? = nil
    ) -> Diagnosis.Ability {
        let state = trees[tree]
        if let refusal = state.refusal, !state.ownIsWritable {
            return unable(command, "hierarchy \(state.label): \(refusal); run as root")
        }
        let limited = state.refusal == nil ? nil : "only in cgroups delegated to you"
        return Diagnosis.Ability(
            command: command, means: "\(means) (hierarchy \(state.label))",
            reason: note ?? limited)
    }

    private func able(_ command: String, _ means: String) -> Diagnosis.Ability {
        Diagnosis.Ability(command: command, means: means, reason: nil)
    }

    private func unable(_ command: String, _ reason: String) -> Diagnosis.Ability {
        Diagnosis.Ability(command: command, means: nil, reason: reason)
    }
}
