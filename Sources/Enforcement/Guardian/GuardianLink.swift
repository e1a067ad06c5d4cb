public import Actuation
internal import KernelIO
internal import Synchronization

/// A daemon's end of the pipe to its guardian, which is started anew when it dies.
///
///     let guardian = try GuardianLink(journal: journal, restoresOnExit: true)
///     let tools = GuardTools(…, deadlines: guardian, …)
///     let freezer = Freezer(…, thawGuard: ThawGuard(guardian))
///     …
///     guardian.end()
public final class GuardianLink: ThawKeeping {
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

    /// Starts the guardian and the thread that looks after it; throws if it does not watch.
    ///
    /// - Parameters:
    ///   - program: cgwarden itself.
    ///   - arguments: Its arguments, `guardian` the first after its name.
    public init(
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

    /// Whether everything is to be put back when this process dies, after a reload.
    public func setRestoresOnExit(_ restores: Bool) {
        contact.withLock { contact in
            contact.restores = restores
            send(.restores(restores), contact)
        }
    }

    /// Sees to it that a cgroup goes on, even if this process hangs; of several deadlines the last
    /// one counts.
    public func thaw(inode: UInt64, within time: Duration) {
        let (seconds, attoseconds) = time.components
        let length =
            UInt64(clamping: seconds) &* 1_000_000_000
            &+ UInt64(clamping: attoseconds / 1_000_000_000)
        let deadline = MonotonicClock.bootNanoseconds + length
        contact.withLock { contact in
            let last = max(contact.deadlines[inode] ?? 0, deadline)
            contact.deadlines[inode] = last
            send(.thaw(inode: inode, by: last), contact)
        }
    }

    /// A cgroup goes on already.
    public func forget(inode: UInt64) {
        contact.withLock { contact in
            guard contact.deadlines.removeValue(forKey: inode) != nil else { return }
            send(.forget(inode: inode), contact)
        }
    }

    /// Lets the guardian end, for all is as it should be.
    public func end() {
        contact.withLock { contact in
            contact.isEnding = true
            send(.end, contact)
        }
        stop.raise()
    }

    private func send(_ line: GuardianLine, _ contact: Contact) {
        // One that does not listen is dead, or will be told everything when it is started anew.
        _ = contact.running?.process.send(line.text)
    }

    private func start() throws(ActuationError) {
        do throws(IOError) {
            try StandardOutput.createDirectories(journal.directory)
            let directory = try OwnedDescriptor.directory(Array(journal.directory.utf8))
            let process = try DetachedProcess.start(
                program, arguments + ["--journal", journal.directory], directory: directory)
            // A daemon is needed most where the machine is too busy to start a process soon.
            let answer = process.firstLine(before: Deadline(after: .seconds(60)))
            guard answer == Guardian.ready else {
                throw IOError("start", "the guardian (it said: \(answer))", code: 5)
            }
            let running = Running(process)
            contact.withLock { contact in
                contact.running = running
                send(.restores(contact.restores), contact)
                for (inode, deadline) in contact.deadlines {
                    send(.thaw(inode: inode, by: deadline), contact)
                }
            }
        } catch {
            throw ActuationError(
                .failed, "nothing would be put back if this process died: \(error)")
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
