import TestSupport
import Testing

/// The message for an unknown command.
@Suite struct CommandSpellingTests {
    private static let meant = [
        "tpo": "top", "stauts": "status", "sett": "set", "help sett": "set",
        "policy chek": "policy check", "help policy exlpain": "policy explain",
        // A subcommand is typed without its parent.
        "backtest x.yaml": "policy backtest",
        // What others call it; the nearest word of unfreeze is its opposite.
        "unfreeze build": "thaw", "undo": "restore", "delete build": "remove", "rm build": "remove",
        "ls": "tree", "list": "tree",
    ]

    @Test(arguments: meant.keys.sorted()) func theNearestCommandIsSuggested(typed: String) throws {
        let words = typed.split(separator: " ").map(String.init)
        let result = try ProgramRun.run(ProgramRun.cgwarden, words)
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
        let meant = try #require(Self.meant[typed])
        #expect(result.errors.hasSuffix("; did you mean '\(meant)'?\n"), "\(result.errors)")
        #expect(result.errorLines.count == 1)
    }

    @Test func anUnrelatedWordGetsNoSuggestion() throws {
        let result = try ProgramRun.cgwarden("policy", "frobnicate")
        #expect(result.status == 64)
        #expect(
            result.errors
                == "cgwarden: no command 'policy frobnicate'; `cgwarden policy --help` lists the commands\n"
        )
    }

    @Test func anImpossibleSpanOfEventsRecommendsTheHelpOfEvents() throws {
        let result = try ProgramRun.cgwarden("events", "--since", "-1h", "--until", "-2h")
        #expect(result.status == 64)
        #expect(
            result.errors
                == "cgwarden: --until is before --since; see `cgwarden events --help`\n")
    }

    @Test(arguments: ["help", "help top", "help policy check", "top --help", "policy"])
    func helpOfAnExistingCommandIsPrinted(typed: String) throws {
        let words = typed.split(separator: " ").map(String.init)
        let result = try ProgramRun.run(ProgramRun.cgwarden, words)
        #expect(result.status == 0)
        #expect(result.output.hasPrefix("OVERVIEW: "))
    }
}
