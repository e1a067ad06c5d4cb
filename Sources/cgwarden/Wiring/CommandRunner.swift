import Actuation
import ArgumentParser
import CgroupModel
import Hierarchy
import KernelIO
import LiveView
import Reports
import Service
import Synchronization

/// The host that the live view may change.
struct ActingHost: Sendable {
    /// The options that make a command use the same cgroup file systems.
    var arguments: [String] = []
    /// The reason why it cannot be changed; nil if it can.
    var refusal: String?
    private var system = SystemRoot.live

    /// The commands of this program.
    let commands: @Sendable () -> [any ParsableCommand.Type]

    /// Describes the host that the options select; nil selects this host.
    init(
        _ options: SystemOptions? = nil,
        commands: @escaping @Sendable () -> [any ParsableCommand.Type]
    ) {
        self.commands = commands
        guard let options else { return }
        arguments = options.cgroupRootArguments
        system = options.system
        refusal = options.root == nil ? nil : "a captured tree cannot be changed"
    }

    /// Returns the sentence that says who sets the limits of a cgroup.
    fileprivate func owner(of cgroup: String) -> CommandReport.Result {
        do {
            let owners = LimitOwners(in: try HierarchySet.discover(system), journal: nil)
            let report = owners.report(on: CgroupPath(cgroup))
            return CommandReport.Result(status: 0, lines: [report.sentence])
        } catch {
            return CommandReport.Result(status: 71, lines: ["owner unknown: \(error)"])
        }
    }
}

/// Runs the live view's commands as processes of this program.
///
/// A key of the view therefore takes the same path as the shell command: the same checks, plan,
/// journal and messages. A command that hangs or dies does not affect the screen.
final class CommandRunner: CommandPort {
    private final class State: Sendable {
        let orders = Mutex(CommandQueue())
    }

    /// The commands of the view, and where their arguments name the cgroup.
    private static let offered: [String: CommandShape.Place] = [
        "set": .first, "get": .first, "freeze": .first, "thaw": .first, "kill": .first,
        "pin": .first, "reclaim": .first, "move": .last, "hold": .first, "create": .first,
        "remove": .first, "restore": .first, "show": .first, "explain": .first, "journal": .none,
        "confirm": .none, "status": .none, "doctor": .none,
    ]

    private static let mostThreads = 8
    private let state = State()
    private let host: ActingHost

    init(_ host: ActingHost) { self.host = host }

    var refusal: String? { host.refusal }

    private(set) lazy var commands: [CommandShape] =
        host.commands().compactMap { type in
            guard let name = type.configuration.commandName, let place = Self.offered[name] else {
                return nil
            }
            let options = OptionNames(of: type)
            return CommandShape(
                name: name, flags: options.flags, valued: options.valued, place: place)
        }

    func start(_ order: CommandOrder) {
        let mayStart = state.orders.withLock { orders in
            orders.waiting.append(order)
            guard orders.threads < Self.mostThreads else { return false }
            orders.threads += 1
            return true
        }
        guard mayStart else { return }
        let (state, host) = (state, host)
        do throws(IOError) {
            try WorkerThread.start("cgw-command") { Self.work(state, host) }
        } catch {
            state.orders.withLock { orders in
                orders.threads -= 1
                orders.fail(order.number, "\(error)")
            }
        }
    }

    func report() -> CommandReport? {
        state.orders.withLock { $0.done.isEmpty ? nil : $0.done.removeFirst() }
    }

    /// Runs waiting orders until there are none.
    private static func work(_ state: State, _ host: ActingHost) {
        while true {
            let next = state.orders.withLock { orders -> CommandOrder? in
                let next = orders.next()
                if next == nil { orders.threads -= 1 }
                return next
            }
            guard let order = next else { return }
            let results = order.commands.map { words in
                order.purpose == .owner
                    ? host.owner(of: words[0])
                    : OwnCommand(words: words, options: host.arguments, purpose: order.purpose)
                        .run()
            }
            state.orders.withLock {
                $0.done.append(CommandReport(order: order, results: results))
                if order.purpose == .change { $0.isChanging = false }
            }
        }
    }
}

/// One command of this program, run as a process with its output kept.
private struct OwnCommand {
    let words: [String]
    let options: [String]
    let purpose: CommandOrder.Purpose

    private static let program = "/proc/self/exe"
    private static let mostOutput = 256 << 10

    /// The time to wait for the command.
    ///
    /// After this time, a change continues unobserved; other commands are killed.
    private var patience: Duration { purpose == .change ? .seconds(600) : .seconds(30) }

    func run() -> CommandReport.Result {
        let process: ApartProcess
        do throws(SpawnError) {
            process = try ApartProcess.start(
                [Self.program] + words.prefix(1) + options + words.dropFirst(),
                environment: Environment.all, account: nil, in: nil, joining: [],
                within: .seconds(30))
        } catch {
            return CommandReport.Result(
                status: ExitStatus.osError.rawValue, lines: ["cannot start: \(error)"])
        }
        let identity = ProcessIdentity(running: process.child.pid)
        var output: [UInt8] = []
        let deadline = Deadline(after: patience)
        var isOpen = true
        while !process.child.hasEnded {
            guard !deadline.hasPassed else { return givenUp(process) }
            Readiness.wait(
                for: [process.child.descriptor.number] + (isOpen ? [process.output.number] : []),
                milliseconds: Int32(clamping: deadline.milliseconds))
            if isOpen { isOpen = process.drain(into: &output, limit: Self.mostOutput) }
        }
        if isOpen { _ = process.drain(into: &output, limit: Self.mostOutput) }
        let change = purpose == .change ? identity.flatMap(Self.change) : nil
        let status = process.child.end()?.status ?? ExitStatus.software.rawValue
        return CommandReport.Result(status: status, lines: lines(output), change: change)
    }

    /// The number of the change that a process recorded; nil if it recorded none.
    private static func change(by process: ProcessIdentity) -> UInt64? {
        (try? StateDirectory.journalToRead().state())?.change(by: process)
    }

    /// Ends the wait; a change continues, because its journal would otherwise be left unfinished.
    private func givenUp(_ process: borrowing ApartProcess) -> CommandReport.Result {
        if purpose != .change { process.signalGroup(.kill) }
        return CommandReport.Result(
            status: ExitStatus.temporaryFailure.rawValue,
            lines: [
                purpose == .change
                    ? "still running; `cgwarden journal` lists what it changed"
                    : "no answer within \(patience.shortText)"
            ])
    }

    private func lines(_ output: [UInt8]) -> [String] {
        let text = String(decoding: PrintableText.safeLines(output), as: UTF8.self)
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix("cgwarden: ") ? String(line.dropFirst("cgwarden: ".count)) : String(line)
        }.dropLast(while: \.isEmpty)
    }
}

extension Array where Element == String {
    /// Drops the trailing lines that `isOmitted` accepts.
    fileprivate func dropLast(while isOmitted: (String) -> Bool) -> [String] {
        var rest = self
        while let last = rest.last, isOmitted(last) { rest.removeLast() }
        return rest
    }
}
