import Actuation
import ArgumentParser
import CgroupModel
import Hierarchy
import KernelIO
import Reports
import Service

/// Moves processes into a cgroup.
struct MoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "move", abstract: "Move processes to a cgroup.",
        usage:
            "cgwarden move [--controllers <controllers>] [--force] [--for <time>] "
            + "[--confirm <time>] [--dry-run] <pid> ... <cgroup>",
        discussion: """
            On v1 a process moves in every hierarchy that has the cgroup; --controllers selects \
            some. Memory already used stays charged to the old cgroup. `cgwarden restore` moves \
            processes back. A frozen cgroup accepts processes only with --force, because they \
            would be frozen there.

            At their time, --for and --confirm move back the processes that still run and are \
            still in the cgroup.

            Examples:
              cgwarden move 1234 5678 /lab/job
              cgwarden move $$ /lab
              cgwarden move --controllers cpu,memory 1234 /lab/job
            """)

    @OptionGroup var options: SystemOptions
    @OptionGroup var state: StateDirectoryOption
    @Option(
        help: "Only in the hierarchies with these controllers.", completion: .controllers,
        transform: ControllerList.init(parsing:))
    var controllers: ControllerList?
    @Flag(help: "Move even into a frozen cgroup.") var force = false
    @OptionGroup var expiring: ExpiryOptions
    @Flag(help: "Show what would be done, without doing it.") var dryRun = false
    @Argument(
        parsing: .allUnrecognized, help: "Process IDs, then the cgroup.",
        completion: .cgroup)
    var words: [String]

    func validate() throws {
        guard words.count > 1 else {
            throw ValidationError("name processes and a cgroup: cgwarden move 1234 /lab/job")
        }
        for word in words.dropLast() where Int32(word).map({ $0 <= 0 }) ?? true {
            throw ValidationError(
                word.hasPrefix("--")
                    ? "unknown option '\(word)'; "
                        + Spelling.hint(
                            for: word, among: OptionNames(of: Self.self).all,
                            otherwise: "see `cgwarden move --help`")
                    : "\(word) is not a process ID; the cgroup comes last")
        }
    }

    func run() async throws {
        let context = try ActionContext(options)
        let path = try await context.resolve(words.last ?? "")
        let pids = words.dropLast().compactMap { Int32($0) }
        let acting =
            try dryRun ? context.direct() : context.changingDirectly(expiring.expiry)
        let moved = try Mover(acting).move(
            pids, to: path, controllers: controllers?.controllers ?? [], force: force,
            dryRun: dryRun)
        for process in moved {
            let from = Dictionary(grouping: process.origins, by: \.path).sorted { $0.key < $1.key }
                .map { "from \($0.key) (\($0.value.map(\.hierarchy).joined(separator: ", ")))" }
            let text =
                from.isEmpty
                ? "process \(process.pid) \(dryRun ? "is" : "was") already in \(path)"
                : "\(dryRun ? "would move" : "moved") process \(process.pid) to \(path) \(from.joined(separator: ", "))"
            try StandardOutput.write(text + "\n")
        }
        noteMemory(moved, to: path, in: context.set)
        let expiry = expiring.expiry
        if let sentence = dryRun ? expiry.plan : expiry.sentence(acting.changeNumber) {
            try StandardOutput.write(sentence + "\n")
        }
    }

    /// Notes that memory in use is not moved, if the processes leave a cgroup that accounts for it.
    private func noteMemory(_ moved: [Mover.Moved], to path: CgroupPath, in set: HierarchySet) {
        let unified = set.unified.flatMap {
            set.hierarchies[$0].controllers.contains(.memory) ? $0 : nil
        }
        guard let index = set.legacy(.memory) ?? unified else { return }
        let label = set.hierarchies[index].label
        let origins = Set(moved.flatMap(\.origins).filter { $0.hierarchy == label }.map(\.path))
        guard !origins.isEmpty else { return }
        let names = origins.sorted().map(\.description).joined(separator: ", ")
        StandardOutput.complain(
            "cgwarden: note: memory already in use stays charged to \(names); \(path) counts "
                + "only what they use from now on")
    }
}
