import Actuation
import ArgumentParser
import CgroupModel
import Configuration
import Enforcement
import Hierarchy
import KernelIO
import Policy
import PolicyLanguage
import Reports
import Service

/// Guards one cgroup until asked to end, as the daemon does for each; used by tests.
struct GuardCgroupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "guard-cgroup", abstract: "Guard one cgroup at its memory limit.",
        shouldDisplay: false)

    @OptionGroup var options: SystemOptions
    @Argument var cgroup: String
    @Option var longest = Interval(seconds: 30)
    @Option var resumeFor = Interval(seconds: 2)
    @Option var step: ByteAmount?
    @Option var ceiling: ByteAmount?

    func run() throws {
        let set = try HierarchySet.discover(options.system)
        let journal = UndoJournal(
            directory: try StateDirectory.path(), owner: JournalEntry.guarding)
        let signals = try SignalRelay()
        let guardian = try GuardianLink(journal: journal, restoresOnExit: true)
        let printer = PrintedNotices()
        let runner = try OOMGuardRunner(
            GuardTools(
                ActingContext(set, files: StateDirectory.files(of: set), journal: journal),
                notices: printer, hooks: printer, deadlines: guardian, hold: { _ in nil },
                audit: { _ in }))
        let path = CgroupPath(cgroup)
        try runner.arm(guarding, hooks: [], on: try target(path, set))
        try StandardOutput.write("guarded\n")
        while !signals.notes().contains(where: \.asksToEnd) {
            Readiness.wait(for: [signals.descriptor.number])
        }
        runner.stop()
        guardian.end()
    }

    private var guarding: OOMGuard {
        var relief: [OOMGuard.Relief] = [.reclaim]
        if let step, let ceiling {
            relief.append(
                .raise(step: step.bytes, ceiling: ceiling.bytes, hostFreeAtLeast: 0))
        }
        var guarding = OOMGuard(
            name: "guard-cgroup", position: ConfigPosition(file: "-", line: 1, column: 1),
            group: cgroup, longestFrozen: longest.duration, relief: relief)
        guarding.resumeFor = resumeFor.duration
        return guarding
    }

    private func target(_ path: CgroupPath, _ set: HierarchySet) throws -> Effect.Target {
        guard let tree = set.legacy(.memory) ?? set.unified else {
            throw CgwardenError(set.absence(of: .memory), .unavailable)
        }
        let directory = try CgroupDirectory(path, in: set.hierarchies[tree])
        return Effect.Target(
            path: path, cgroup: CgroupID(inode: directory.inode, generation: 0))
    }
}

/// Prints notices and fails every hook.
private struct PrintedNotices: NoticeSink, HookRunning {
    func send(_ notice: Notice) { try? StandardOutput.write(notice.text + "\n") }

    func start(_ run: HookRun, ended: @escaping @Sendable (HookEnding) -> Void) {
        ended(.failed("there are no hooks"))
    }
}
