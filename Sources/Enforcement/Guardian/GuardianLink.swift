package import Actuation
internal import CgroupModel
internal import KernelIO
internal import Synchronization

/// The daemon's connection to its guardian, which restarts a guardian that died.
///
///     let guardian = try GuardianLink(journal: journal, restoresOnExit: true)
///     let tools = GuardTools(…, deadlines: guardian, …)
///     let freezer = Freezer(…, thawGuard: ThawGuard(guardian))
///     …
///     guardian.end()
package final class GuardianLink: ThawKeeping {
    private final class Running: Sendable {
        let process: DetachedProcess

        init(_ process: consuming DetachedProcess) { self.process = process }
    }

    private struct Contact {
        var running: Running?
        var restores: Bool
        var deadlines: [UInt64: UInt64] = [:]
        var isEnding = false
    }

    private let program: String
    private let arguments: [String]
    private let journal: UndoJournal
    private let contact: Mutex<Contact>
    private let stop: EventFlag

    /// Starts the guardian and its monitoring thread; throws if the guardian does not get ready.
    ///
    /// - Parameters:
    ///   - program: The cgwarden binary.
    ///   - arguments: Its arguments, with `guardian` as the first after its name.
    package init(
        program: String = "/proc/self/exe", arguments: [String] = ["cgwarden", "guardian"],
        journal: UndoJournal, restoresOnExit: Bool
    ) throws(ActuationError) {
        self.program = program
        self.arguments = arguments
        self.journal = journal
        contact = Mutex(Contact(restores: restoresOnExit))
        do throws(IOError) {
            stop = try EventFlag()
        } catch {
            throw ActuationError(.failed, "\(error)")
        }
        StandardOutput.ignoreBrokenPipe()
        try start()
        do throws(IOError) {
            try WorkerThread.start("guardian-link") { [self] in lookAfter() }
        } catch {
            throw ActuationError(.failed, "\(error)")
        }
    }

    /// Updates, after a reload, whether everything is restored if this process dies.
    package func setRestoresOnExit(_ restores: Bool) {
        contact.withLock { contact in
            contact.restores = restores
            send(.restores(restores), contact)
        }
    }

    /// Guarantees a thaw by a deadline, even if this process hangs; the latest of several deadlines
    /// counts.
    package func thaw(inode: UInt64, within time: Duration) {
        let deadline = MonotonicClock.bootNanoseconds + time.nanoseconds
        contact.withLock { contact in
            let last = max(contact.deadlines[inode] ?? 0, deadline)
            contact.deadlines[inode] = last
            send(.thaw(inode: inode, by: last), contact)
        }
    }

    /// Drops the deadline of a cgroup that is already thawed.
    package func forget(inode: UInt64) {
        contact.withLock { contact in
            guard contact.deadlines.removeValue(forKey: inode) != nil else { return }
            send(.forget(inode: inode), contact)
        }
    }

    /// Makes the guardian exit, because nothing is left to undo.
    package func end() {
        contact.withLock { contact in
            contact.isEnding = true
            send(.end, contact)
        }
        stop.raise()
    }

    private func send(_ line: GuardianLine, _ contact: Contact) {
        // If it fails, the guardian is dead, and its successor gets everything again.
        _ = contact.running?.process.send(line.text)
    }

    private func start() throws(ActuationError) {
        do throws(IOError) {
            try StandardOutput.createDirectories(journal.directory)
            let directory = try OwnedDescriptor.directory(Array(journal.directory.utf8))
            let process = try DetachedProcess.start(
                program, arguments + ["--journal", journal.directory], directory: directory)
            // The timeout is long, because a busy host may start processes slowly and needs a
            // daemon most.
            let answer = process.firstLine(within: .seconds(60))
            guard answer.text == Guardian.ready else {
                throw IOError("start", "the guardian, which \(answer)", .inputOutput)
            }
            let running = Running(process)
            contact.withLock { contact in
                contact.running = running
                send(.daemon(ThisProcess.id), contact)
                send(.restores(contact.restores), contact)
                for (inode, deadline) in contact.deadlines {
                    send(.thaw(inode: inode, by: deadline), contact)
                }
            }
        } catch {
            throw ActuationError(
                .failed, "nothing would be restored if this process died: \(error)")
        }
    }

    private func lookAfter() {
        var list = PollList()
        while true {
            list.removeAll()
            list.add(stop.descriptor.number)
            if let output = contact.withLock({ $0.running?.process.outputDescriptor }) {
                list.add(output)
            }
            list.wait(milliseconds: nil)
            if contact.withLock({ $0.isEnding }) { return }
            guard contact.withLock({ $0.running?.process.hasEnded() ?? true }) else { continue }
            contact.withLock { $0.running = nil }
            while (try? start()) == nil {
                list.removeAll()
                list.add(stop.descriptor.number)
                list.wait(milliseconds: 1000)
                if contact.withLock({ $0.isEnding }) { return }
            }
        }
    }
}
