import Foundation
import Testing

@testable import cgwarden

/// The message about a value that an option does not accept.
@Suite struct ExpectationTests {
    /// The type of an option decides which values it accepts; its help may end with any words.
    @Test func noExpectationIsAFragmentOfAHelpText() throws {
        var checked = 0
        for (words, command) in try Command.tree().all() {
            for option in command.arguments ?? [] where option.kind == "option" {
                for spelling in option.spellings {
                    let typed = Array(words.dropFirst()) + [spelling, "?"]
                    let line = Cgwarden.mistake(in: typed) ?? ""
                    let parts = line.components(separatedBy: "'?' is invalid")
                    guard parts.count == 2 else { continue }
                    #expect(parts[0] == "\(spelling): ")
                    checked += 1
                    if parts[1].hasPrefix(": ") || parts[1].hasPrefix("; write ") { continue }
                    let expected = parts[1].components(separatedBy: "; expected ")
                    #expect(expected.count == 2, "\(line)")
                    let help = (option.abstract ?? "").lowercased()
                    #expect(!help.contains((expected.last ?? "").lowercased()), "\(line)")
                }
            }
        }
        #expect(checked > 30)
    }

    /// The positional arguments whose values are not texts.
    @Test(arguments: [
        ("confirm ?", "a whole number that is not negative"),
        ("reclaim /x ?", "an amount above 0: 512KiB, 64MiB, 1GB"),
        ("hold /x ?", "a time from 1ms to 365d: 500ms, 10s, 5m, 2h, 1d, or a number of seconds"),
    ])
    func refusedArgumentGetsTheFormOfItsType(words: String, expected: String) throws {
        let line = Cgwarden.mistake(in: words.split(separator: " ").map(String.init))
        #expect(line?.hasSuffix(": '?' is invalid; expected \(expected)") == true, "\(line ?? "")")
    }
}
