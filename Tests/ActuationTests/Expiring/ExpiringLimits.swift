import Foundation
import KernelIO
import Testing

@testable import Actuation

extension ProcessIdentity {
    /// No process has this ID (pid_max is at most 4,194,304).
    static let dead = ProcessIdentity(pid: 4_194_305, startTicks: 1)
}

/// A suite that changes limits of `/a` for a time.
protocol ExpiringLimits {
    var machine: FakeMachine { get }
}

extension ExpiringLimits {
    var undo: ExpiredChanges { ExpiredChanges(set: machine.set, journal: machine.journal) }

    /// Sets a limit with a deadline, or without one.
    func set(
        _ wish: String, for time: Duration? = nil, by helper: ProcessIdentity = .dead,
        owner: String = ""
    ) throws {
        var journal = machine.journal.owned(by: owner)
        if let time { journal = journal.expiring(ExpiringChange(time, by: helper)) }
        let results = LimitTransaction(
            try machine.plan([wish]), in: ActingContext(machine.set, journal: journal),
            cause: "set \(wish)"
        ).apply()
        try #require(!results.contains { !$0.isSuccess })
    }

    func overwrite(_ text: String) throws {
        try Data("\(text)\n".utf8).write(
            to: URL(filePath: "\(machine.root)/cgroup/pids/a/pids.max"))
    }

    /// Replaces the journal's file with its shortest equivalent.
    func rewrite() throws {
        let bytes = try machine.journal.state().records(bootID: BootID.current) { _ in false }
        try Data(bytes).write(to: URL(filePath: "\(machine.root)/state/journal"))
    }

    func entry() throws -> JournalEntry? { try machine.journal.entries().first }
}
