import CgroupModel
import Policy
import PolicyLanguage

/// The daemon's reply to `claims`: a line for each value of a cgroup that it manages.
enum ClaimLines {
    /// One parsed line.
    struct Claim {
        /// The value; nil if the claim is that the cgroup is frozen.
        let key: LimitKey?
        /// The owner of the claim, as shown to users: `rule park`.
        let origin: String
        /// The daemon's reaction to a change; nil if a change ends the claim.
        let reaction: DriftReaction?
    }

    /// Encodes claims.
    static func text(_ claims: [PolicyClaim]) -> String {
        claims.map { claim in
            var name = ""
            var instance = ""
            if case .value(let key) = claim.subject {
                name = key.name
                instance = key.instance ?? ""
            }
            let words = [name, instance, claim.reaction?.rawValue ?? "", claim.origin.text]
            return words.map { PercentText.encoded(Array($0.utf8)) }.joined(separator: "\t") + "\n"
        }.joined()
    }

    /// Parses lines that ``text(_:)`` encoded, and skips malformed ones.
    static func claims(_ text: String) -> [Claim] {
        text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: "\t", omittingEmptySubsequences: false).map {
                String(decoding: PercentText.decoded($0), as: UTF8.self)
            }
            let reaction = words.count == 4 ? DriftReaction(rawValue: words[2]) : nil
            guard words.count == 4, words[2].isEmpty || reaction != nil else { return nil }
            let instance = words[1].isEmpty ? nil : words[1]
            return Claim(
                key: words[0].isEmpty ? nil : LimitKey(words[0], instance: instance),
                origin: words[3], reaction: reaction)
        }
    }
}
