internal import CgroupModel
package import Hierarchy
internal import KernelIO

extension Diagnosis {
    /// Inspects the host without changing anything.
    package init(_ set: HierarchySet) {
        let system = set.system
        func text(_ file: String) -> String? {
            guard let bytes = try? ReadBuffer.contents(of: system.proc(file)) else { return nil }
            let text = String(decoding: bytes, as: UTF8.self)
            return text.hasSuffix("\n") ? String(text.dropLast()) : text
        }
        func number(_ file: String) -> Reading {
            text(file).map { UInt64($0).map { Reading($0) } ?? .malformed } ?? .absent
        }
        kernel = text("sys/kernel/osrelease") ?? "unknown"
        mode = set.mode
        let reader = ProcessReader(system)
        let own = reader.ownStat
        let status = own.flatMap { reader.describe(Int32($0.pid))?.status }
        user = status?.user
        trees = Self.trees(set, own.map { Int32($0.pid) })
        let held = status?.effective?.names ?? []
        capabilities = Self.capabilitiesThatMatter.map { name, use in
            (name, held.contains(name), use)
        }
        let userManager = user.flatMap { user in
            system.isLive && user != 0 && set.mode == .v2
                ? try? Systemd.connected(to: .user(user)).version() : nil
        }
        abilities =
            Abilities(
                set: set, trees: trees, kernel: kernel, hasUserManager: userManager != nil
            ).all
        descriptors = DescriptorBudget.limits.descriptors
        watches = number("sys/fs/inotify/max_user_watches")
        watchInstances = number("sys/fs/inotify/max_user_instances")
        pressureRefusal = Self.pressureRefusal(system)
        let memory = (try? ReadBuffer.contents(of: system.proc("meminfo"))) ?? []
        swapTotal = HostText.memory("SwapTotal", in: memory)
        accountsSwap = Self.accountsSwap(set)
        systemdVersion = InstalledSystemd.version
        runsSystemd = InstalledSystemd.isRunning
        runningSystemd = runsSystemd && system.isLive ? Self.askedVersion() : nil
        initialProcess = reader.stat(1)?.name ?? "unknown"
        let others = Self.others(system, reader, own: own.map { Int32($0.pid) })
        limiters = others.limiters
        daemons = others.daemons
        siblings = others.siblings
    }

    private static func askedVersion() -> Result<String, ActuationError> {
        Result { () throws(ActuationError) in
            try asking("ask for its version") { () throws(BusError) in
                try Systemd.connected(to: .system).fullVersion()
            }
        }
    }

    private static func trees(_ set: HierarchySet, _ own: Int32?) -> [Tree] {
        let places = own.flatMap { try? ProcessPlaces(set: set).read($0) }
        return set.hierarchies.enumerated().map { index, hierarchy in
            let place = places?[index]
            return Tree(
                label: hierarchy.label, mountPoint: hierarchy.mountPoint.pathText,
                controllers: hierarchy.controllers, refusal: refusal(.root, hierarchy), own: place,
                ownIsWritable: place.map { refusal($0, hierarchy) == nil } ?? false)
        }
    }

    private static func refusal(_ path: CgroupPath, _ hierarchy: MountedHierarchy) -> String? {
        do throws(IOError) {
            let directory = try CgroupDirectory(path, in: hierarchy)
            guard let error = directory.descriptor.refusesWriting("cgroup.procs") else {
                return nil
            }
            if error.isReadOnly { return "mounted read-only" }
            return error.isPermission ? "not permitted" : error.description
        } catch {
            return error.description
        }
    }

    private static let capabilitiesThatMatter = [
        ("cap_dac_override", "write to cgroups of other users"),
        (
            "cap_sys_admin",
            "watch writers, set device lists and release agents, and create namespaces"
        ),
        ("cap_kill", "signal processes of other users"),
        (
            "cap_sys_resource",
            "use pressure triggers with windows of any length, and protect cgwarden's helpers "
                + "from the OOM killer"
        ),
        ("cap_sys_ptrace", "read the namespaces of other users' processes"),
    ]

    private static func pressureRefusal(_ system: SystemRoot) -> String? {
        do throws(IOError) {
            _ = try ReadBuffer.contents(of: system.proc("pressure/memory"))
            return nil
        } catch {
            return error.isMissing
                ? "the kernel was built without it (CONFIG_PSI), or booted with psi=0"
                : error.isUnsupported ? "off; boot with psi=1" : error.description
        }
    }

    private static func accountsSwap(_ set: HierarchySet) -> Bool? {
        if let tree = set.legacy(.memory),
            let root = try? CgroupDirectory(.root, in: set.hierarchies[tree])
        {
            return (try? root.read("memory.memsw.usage_in_bytes")) != nil
        }
        guard let tree = set.unified, set.hierarchies[tree].controllers.contains(.memory),
            let root = try? CgroupDirectory(.root, in: set.hierarchies[tree]),
            let child = (try? root.children())?.first(where: {
                (try? $0.read("memory.current")) != nil
            })
        else { return nil }
        return (try? child.read("memory.swap.current")) != nil
    }

    private static func others(
        _ system: SystemRoot, _ reader: ProcessReader, own: Int32?
    ) -> (limiters: [Limiter], daemons: [Limiter], siblings: [Limiter]) {
        guard let proc = try? OwnedDescriptor.directory(system.proc),
            let entries = try? proc.entries(path: system.proc.pathText)
        else { return ([], [], []) }
        var limiters: [Limiter] = []
        var daemons: [Limiter] = []
        var siblings: [Limiter] = []
        for pid in entries.compactMap({ Int32(String(decoding: $0.name, as: UTF8.self)) }).sorted()
        {
            guard pid != own, let stat = reader.stat(pid), !stat.isKernelThread, !stat.isEnding
            else { continue }
            if let effect = CompetingPrograms.effects[stat.name] {
                limiters.append(Limiter(pid: pid, name: stat.name, effect: effect))
            } else if stat.name == "cgwarden" || stat.name == "cgwarden-thaw" {
                // Any user can start a process of this name, whose memory may be slow to read.
                guard let user = reader.user(of: pid) else { continue }
                guard user == 0 || user == ThisProcess.user else {
                    siblings.append(
                        Limiter(pid: pid, name: stat.name, effect: "of user \(user)"))
                    continue
                }
                let command = reader.commandLine(pid, name: stat.name)
                let process = Limiter(pid: pid, name: stat.name, effect: command.text)
                if command.arguments.dropFirst().first == "daemon" {
                    daemons.append(process)
                } else {
                    siblings.append(process)
                }
            }
        }
        return (limiters, daemons, siblings)
    }
}
