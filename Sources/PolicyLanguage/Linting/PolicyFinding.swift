package import Configuration

/// An error or warning in policy files.
package struct PolicyFinding: Hashable, Sendable, CustomStringConvertible {
    /// Whether the files can be used.
    package enum Severity: String, Hashable, Sendable {
        /// The files are refused.
        case error
        /// The files can be used.
        case warning
    }

    /// Whether the files can be used.
    package let severity: Severity
    /// The rule that found it.
    package let rule: FindingRule
    /// The position, and a message that says what to do.
    package let error: ConfigError

    package init(_ rule: FindingRule, _ position: ConfigPosition, _ message: String) {
        severity = rule.isWarning ? .warning : .error
        self.rule = rule
        error = ConfigError(position, message)
    }

    /// The form of compilers: `FILE:LINE:COLUMN: error: MESSAGE [CHECK]`.
    package var description: String {
        "\(error.position): \(severity.rawValue): \(error.message) [\(rule.rawValue)]"
    }
}

/// The rules, in the order: files, values, expressions, and policies that are valid but
/// nonsensical or harmful.
package enum FindingRule: String, Hashable, Sendable, CaseIterable {
    case file, yaml
    case key, value, missing, duplicate, reference
    case syntax, unit, base, type, function, metric, constant, attribute
    case ineffective, unsupported
    case exceedsBounds = "exceeds-bounds"
    case hostOnly = "host-only"
    case psiOnly = "psi-only"
    case someOnly = "some-only"
    case freezeWithoutTimeout = "freeze-without-timeout"
    case freezeWithoutEnd = "freeze-without-max-active"
    case freezeDerivedUntil = "freeze-derived-until"
    case selfSatisfied = "self-satisfied-until"
    case repeatSilenced = "repeat-silenced"
    case killNotAllowed = "kill-not-allowed"
    case irreversible
    case guardWithoutRelief = "guard-without-relief"
    case twoGuards = "two-guards"
    case stayNotAccepted = "stay-not-accepted"
    case hookNotAbsolute = "hook-not-absolute"
    case minAboveMax = "min-above-max"
    case noChange = "no-change"
    case zeroLimit = "zero-limit"
    case aboveHost = "above-host"
    case impossible
    case unseen
    case trustedAttribute = "untrusted-xattr"
    case overlap
    case unused
    case broadGroup = "broad-group"
    case noOthers = "exclusive-without-others"
    case noVictims = "aggregate-without-victims"
    case aggregation = "no-aggregate"
    case shortWindow = "short-window"
    case briefEffect = "brief-effect"
    case selfTriggered = "self-triggered"
    case disabledHere = "disabled-here"
    case uncounted = "uncounted-io"
    case formerName = "former-name"

    /// Whether files with it can still be used.
    package var isWarning: Bool {
        switch self {
        case .someOnly, .repeatSilenced, .overlap, .unused, .broadGroup, .noOthers, .noVictims,
            .unseen, .shortWindow, .briefEffect, .selfTriggered, .disabledHere, .aboveHost,
            .uncounted, .formerName:
            true
        default: false
        }
    }
}
