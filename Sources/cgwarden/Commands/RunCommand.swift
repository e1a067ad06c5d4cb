import Actuation
import ArgumentParser
import CgroupModel
import Hierarchy
import KernelIO
import Reports
import Service

/// Runs a command in a cgroup of its own.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a command in a cgroup of its own, with limits.",
        discussion: """
            Runs the command in a new cgroup, cgwarden/run-NAME, which is removed at the end. The \
            exit status is the command's: 128+N if signal N killed it, 127 if the command is not \
            found, 126 if it cannot be executed. Signals are forwarded. Processes that the command \
            leaves behind are waited for, or killed with --kill-rest; Ctrl-C while waiting kills \
            them. With a PID namespace they always end with the command.

            With --scope systemd creates the cgroup, as a scope that `systemctl status` shows: PID \
            1 for root, the user manager for others. Limits are then properties of the scope. This \
            is the default without root and without a delegated cgroup, if the user manager runs; \
            `loginctl enable-linger` keeps it running. A scope contains one more small process, \
            which --pids does not count.

            The command inherits descriptors 0, 1 and 2, those of --pass-fd, and those that its \
            arguments name as /dev/fd/N, as a shell's <(COMMAND) does. Runs are recorded in the \
            state directory, so that the next one removes what a killed cgwarden left behind; a \
            user's runs are not recorded without such a directory (XDG_RUNTIME_DIR, \
            CGWARDEN_STATE_DIRECTORY).

            Examples:
              cgwarden run --memory 100MB -- python3 job.py
              cgwarden run --cpus 1.5 --pids 50 --shell 'make -j8 && make test'
              cgwarden run --io /dev/vda:wbps=10MB/s -- cp big /mnt/
              cgwarden run --unshare pid,mnt,net --shell
              cgwarden run --scope --parent batch.slice --memory 1GiB -- make
            """)

    @OptionGroup var system: SystemOptions
    @OptionGroup var state: StateDirectoryOption
    @OptionGroup var limits: RunLimitOptions
    @Option(help: "Name of the cgroup, after the prefix run- (default: the command and a number).")
    var name: String?
    @Option(
        help: "Existing parent (default /cgwarden or a delegated one); a slice with --scope.")
    var parent: String?
    @Flag(help: "Let systemd create the cgroup, as a scope.")
    var scope = false
    @Flag(help: "Run the command in $SHELL; without one, start $SHELL.")
    var shell = false
    @Option(help: "Summary format printed to stderr at exit: text, json or none.")
    var summary = SummaryForm.text
    @Option(
        help: "New namespaces, comma-separated: uts, ipc, pid, net, mnt, user, cgroup.",
        completion: .commaSeparated(NamespaceFlags.names),
        transform: NamespaceFlags.init(parsing:))
    var unshare: NamespaceFlags = []
    @Flag(help: "Kill processes that the command leaves behind.")
    var killRest = false
    @Option(
        help: "File descriptors to inherit besides 0, 1 and 2: 3,4.",
        transform: PassedDescriptors.init(parsing:))
    var passFd = PassedDescriptors()
    @Argument(
        parsing: .captureForPassthrough, help: "The command and its arguments.",
        completion: .commandLine)
    var command: [String] = []

    func validate() throws {
        // A captured option may be meant for cgwarden; after `--` it never is.
        if let first = command.first, first.hasPrefix("-"), first != "--" {
            if first == "--help" || first == "-h" { throw CleanExit.helpRequest(self) }
            let option = String(first.prefix { $0 != "=" })
            let options = OptionNames(of: Self.self).all
            let remedy = "put a command that begins with - after --"
            if options.contains(option) {
                throw ValidationError("'\(option)' needs a value; \(remedy)")
            }
            throw ValidationError(
                "unknown option '\(option)'; "
                    + Spelling.hint(for: option, among: options, otherwise: remedy))
        }
        if words.isEmpty {
            throw ValidationError("name a command: cgwarden run --memory 100MB -- COMMAND")
        }
        if let name,
            name.isEmpty || name.contains("/") || name.utf8.count > 200
                || name.contains(where: \.isNewline)
        {
            throw ValidationError("--name must be one path component, without a slash")
        }
        if scope, let parent, !parent.hasSuffix(".slice") || parent.hasSuffix("/.slice") {
            throw ValidationError(
                "the parent of a scope must be a slice: --parent batch.slice; without --scope, any "
                    + "cgroup.")
        }
    }

    func run() async throws {
        let set = try HierarchySet.discover(system.system)
        let requests = try limits.requests(on: set)
        let ground = try ground(on: set, limiting: requests.map(\.limit.controller))
        let run = TransientRun(
            words, name: name ?? usualName, limits: requests, namespaces: unshare,
            killsRest: killRest, passing: passFd.numbers + PassedDescriptors(in: words).numbers)
        let result: RunSummary
        do {
            result = try await run.run(on: ground, records: StateDirectory.jobs(), notice: complain)
        } catch let error as TransientRun.Interruption {
            throw ExitCode(128 + error.signal)
        } catch let error as SpawnError {
            StandardOutput.complain("cgwarden: \(sentence(error))")
            throw ExitCode(error.step == .execute ? (error.isNotFound ? 127 : 126) : 71)
        }
        let report = RunReport(summary: result, command: words)
        switch summary {
        case .text: StandardOutput.complain(lines: report.text)
        case .json: StandardOutput.complain(report.json)
        case .none: break
        }
        throw ExitCode(result.end.status)
    }

    /// Returns where to run: a scope if requested or if this user has no delegated cgroup.
    private func ground(
        on set: HierarchySet, limiting limited: [Controller]
    ) throws -> RunGround {
        if scope {
            let slice = parent?.split(separator: "/").last.map(String.init)
            return .scope(
                try ScopePlace(set, limiting: limited, below: slice, user: ThisProcess.user))
        }
        let lookup = CgroupLookup(set)
        let parent = try parent.map { try lookup.path($0) }
        let place: TransientPlace
        do throws(ActuationError) {
            place = try TransientPlace(
                set, limiting: limited, parent: parent, user: ThisProcess.user)
        } catch {
            guard error.code == .notPermitted, ThisProcess.user != 0,
                let place = try? ScopePlace(set, limiting: limited, user: ThisProcess.user)
            else {
                throw error
            }
            return .scope(place)
        }
        // If a misspelled parent were created, it would lack the limits of the intended one.
        if let parent, !lookup.exists(parent) {
            throw CgwardenError(
                "no cgroup \(parent) to run in; create it: cgwarden create \(parent.shellWord)",
                .noInput)
        }
        return .own(place)
    }

    /// The program and arguments to run.
    private var words: [String] {
        let given = command.first == "--" ? Array(command.dropFirst()) : command
        guard shell else { return given }
        let program = Environment.value("SHELL") ?? "/bin/sh"
        return given.isEmpty ? [program] : [program, "-c", given.joined(separator: " ")]
    }

    private var usualName: String {
        let program = words[0].split(separator: "/").last.map(String.init) ?? "command"
        return "\(program.prefix(60))-\(ThisProcess.id)"
    }

    private func complain(_ notice: TransientRun.Notice) {
        switch notice {
        case .leftover(let leftover) where leftover.isRemoved:
            StandardOutput.complain(
                "cgwarden: removed \(leftover.path), whose cgwarden was killed "
                    + "(\(Self.processes(leftover.processes)) ended)")
        case .leftover(let leftover):
            StandardOutput.complain(
                "cgwarden: \(leftover.path) was left behind by a killed cgwarden, and cannot be "
                    + "removed now; the next run tries again")
        case .limit(let warning):
            StandardOutput.complain("cgwarden: \(warning)")
        case .remaining(let count):
            StandardOutput.complain(
                "cgwarden: the command has ended; waiting for \(Self.processes(count)) that it left "
                    + "(Ctrl-C kills them; --kill-rest does so immediately)")
        }
    }

    private static func processes(_ count: Int) -> String {
        count == 1 ? "1 process" : "\(count) processes"
    }

    private func sentence(_ error: SpawnError) -> String {
        let step = error.step
        if step == .execute { return "cannot run \(words[0]): \(error)" }
        if step == .join { return "the process cannot join the cgroup: \(error)" }
        if step == .namespace || !unshare.isEmpty && error.isPermission {
            let remedy =
                error.isPermission ? "; run as root, or add user to --unshare" : ""
            return "cannot create the namespaces: \(error)\(remedy)"
        }
        let remedy = error.isLimit ? "; has an ancestor reached its pids.max?" : ""
        return "cannot start a process in the cgroup: \(error)\(remedy)"
    }
}

/// The form of the summary at the end of a run.
enum SummaryForm: String, ExpressibleByArgument, CaseIterable {
    case text, json, none
}

extension NamespaceFlags {
    fileprivate init(parsing text: String) throws {
        self = []
        for name in text.split(separator: ",") {
            guard let kind = NamespaceFlags(named: String(name)) else {
                throw ValidationError(
                    unknown: "namespace", String(name), among: NamespaceFlags.names)
            }
            insert(kind)
        }
    }
}

/// The descriptors that the command inherits besides 0, 1 and 2.
struct PassedDescriptors {
    let numbers: [Int32]

    init() { numbers = [] }

    /// Parses a list of descriptors: `3,4`.
    init(parsing text: String) throws {
        numbers = try text.split(separator: ",").map { word in
            guard let number = Int32(word), number > 2 else {
                throw ValidationError("\(word) is not a descriptor to inherit; use 3 or higher")
            }
            guard InheritedDescriptors.contains(number) else {
                throw ValidationError(
                    "descriptor \(number) is not open; open it in the shell: cgwarden run "
                        + "--pass-fd \(number) ... \(number)<FILE")
            }
            return number
        }
    }

    /// Collects the descriptors that arguments name, as a shell's `<(...)` does.
    init(in words: [String]) {
        numbers = words.compactMap { word in
            guard let folder = ["/dev/fd/", "/proc/self/fd/"].first(where: word.hasPrefix),
                let number = Int32(word.dropFirst(folder.count)), number > 2
            else { return nil }
            return number
        }
    }
}
