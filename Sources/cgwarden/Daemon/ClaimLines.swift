import CgroupModel
import Policy

/// What the daemon answers to `claims`: a line for each value of a cgroup that it keeps.
enum ClaimLines {
    /// One of those lines, as a command reads it.
    struct Claim {
        /// The value, nil for that the cgroup is frozen.
        let key: LimitKey?
        /// As people name it: `rule park`.
        let origin: String
        /// What the daemon does about a change; nil where that ends the claim.
        let reaction: DriftReaction?
    }

    /// The lines.
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

    /// Reads them.
    static func claims(_ text: String) -> [Claim] {
        text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: "\t", omittingEmptySubsequences: false).map {
                String(decoding: PercentText.decoded($0), as: UTF8.self)
            }
            guard words.count == 4 else { return nil }
            let instance = words[1].isEmpty ? nil : words[1]
            return Claim(
                key: words[0].isEmpty ? nil : LimitKey(words[0], instance: instance),
                origin: words[3], reaction: DriftReaction(rawValue: words[2]))
        }
    }
}
