import ArgumentParser
import KernelIO
import Reports

/// The command line: parses arguments, runs the command and reports its error once.
@main
struct Cgwarden: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "cgwarden",
        abstract: "Monitor and limit the control groups of this host, on v1, v2 and hybrid.",
        discussion: """
            Monitoring needs no privileges; files that only root can read are shown as not \
            permitted. Only `cgwarden events` without --follow needs root or CAP_SYSLOG on most \
            hosts. Changes can be undone with restore.

            Examples:
              cgwarden top                              live view, like systemd-cgtop
              cgwarden show system.slice                everything known about one cgroup
              cgwarden explain postgresql.service       why it is slow or stuck
              cgwarden stat --json -i 5s                a stream of samples for scripts
              cgwarden diff /lab/db --at -1h            what changed in the last hour
              cgwarden events --since -1h               OOM kills: victim, limit, owner
              cgwarden exporter                         /metrics for Prometheus
              cgwarden run --memory 100MB -- make       a command with limits
              cgwarden set /batch cpu.max=1.5cpus       change a limit; --dry-run previews
              cgwarden freeze /batch --timeout 30s      pause its processes
              cgwarden restore                          undo all changes
              cgwarden policy check                     check the policies for errors
              cgwarden suggest nginx.service            limits from its history
              cgwarden doctor                           which actions this host allows
            """,
        version: version,
        subcommands: subcommands,
        defaultSubcommand: nil
    )

    private static var subcommands: [any ParsableCommand.Type] {
        var list: [any ParsableCommand.Type] = [
            TopCommand.self, ShowCommand.self, ExplainCommand.self, TreeCommand.self,
            StatCommand.self, DiffCommand.self, EventsCommand.self, GetCommand.self,
            SetCommand.self, JournalCommand.self, ConfirmCommand.self,
            RestoreCommand.self, HoldCommand.self, RunCommand.self, PolicyCommand.self,
            SuggestCommand.self,
        ]
        #if Exporter
        list.append(ExporterCommand.self)
        #endif
        list +=
            [DaemonCommand.self, StatusCommand.self, PanicCommand.self, DemoCommand.self]
            as [any ParsableCommand.Type]
        list += otherCommands
        list.append(BenchSweepCommand.self)
        return list
    }

    private static let otherCommands: [any ParsableCommand.Type] = [
        FreezeCommand.self, ThawCommand.self, KillCommand.self, PinCommand.self,
        ReclaimCommand.self, MoveCommand.self, CreateCommand.self, RemoveCommand.self,
        DoctorCommand.self, ThawLaterCommand.self, UndoLaterCommand.self,
        GuardianCommand.self,
        GuardCgroupCommand.self, DemoStageCommand.self,
    ]

    static func main() async {
        StandardOutput.ignoreBrokenPipe()
        let arguments = Array(CommandLine.arguments.dropFirst())
        var running: String?
        do {
            if let shell = CompletionScript.shell(askedForBy: arguments) {
                return try StandardOutput.write(CompletionScript.text(for: shell) + "\n")
            }
            try CommandSpelling.check(arguments)
            var command = try parseAsRoot(ArgumentWords.normalized(arguments, below: Self.self))
            running = CommandSpelling.words(of: type(of: command))
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            finish(error, of: running)
        }
    }

    /// Reports an error and exits; `command` is nil if the command line could not be parsed.
    private static func finish(_ error: any Error, of command: String? = nil) -> Never {
        if let failure = CgwardenError(error) {
            if failure.isBrokenPipe { exit(withStatus: 0) }
            StandardOutput.complain("cgwarden: \(failure.message)")
            exit(withStatus: failure.status.rawValue)
        }
        if let reported = error as? ReportedFailure { exit(withStatus: reported.status) }
        let code = exitCode(for: error)
        let text = fullMessage(for: error)
        if code == .validationFailure, !text.isEmpty {
            StandardOutput.complain("cgwarden: \(line(error, text, of: command))")
            exit(withStatus: code.rawValue)
        }
        do {
            if code != .success, !text.isEmpty { StandardOutput.complain(lines: text) }
            if code == .success, !text.isEmpty { try StandardOutput.write(text + "\n") }
        } catch {
            finish(error)
        }
        exit(withStatus: code.rawValue)
    }

    /// The message about a refused command line, from the parser's error and its full message.
    private static func line(
        _ error: any Error, _ text: String, of command: String? = nil
    ) -> String {
        UsageMistake.line(
            message(for: error), full: text, command: command, refused: RefusedValue(error))
    }

    /// Returns the message about arguments that cannot be parsed; nil if they can.
    ///
    /// No command runs.
    static func mistake(in arguments: [String]) -> String? {
        do {
            _ = try parseAsRoot(ArgumentWords.normalized(arguments, below: Self.self))
            return nil
        } catch {
            return line(error, fullMessage(for: error))
        }
    }

    private static func exit(withStatus status: Int32) -> Never {
        exit(withError: ExitCode(status))
    }
}
