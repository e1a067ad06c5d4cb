internal import KernelIO

/// Compares a file's text with the requested value, accepting the kernel's own formatting.
struct ReadBack {
    /// The requested value.
    let wanted: FileValue

    /// Whether the file's text is equivalent to the requested value.
    func isMet(by found: String) -> Bool {
        if found == wanted.text { return true }
        switch SystemdFile.behind(wanted.file)?.form {
        case .number, .legacyNumber: return isRounded(found)
        case .weight, .bfqWeight:
            let lines = found.split(separator: "\n")
            let plain = wanted.text.hasPrefix("default ") || wanted.text.contains(":")
            return lines.contains { $0 == (plain ? wanted.text : "default \(wanted.text)") }
                || wanted.text == "default \(found)"
        case .quota:
            // The period may be omitted, in which case it does not change.
            return !wanted.text.contains(" ") && found.hasPrefix(wanted.text + " ")
        case .set: return Self.members(found[...]) == Self.members(wanted.list)
        case .ioLimits, .ioLatency, .legacyRate: return hasDevice(found)
        case .idle, .flag, .legacyQuota, nil: return false
        }
    }

    /// The kernel keeps whole pages; v1 shows unlimited as the largest number of them.
    private func isRounded(_ found: String) -> Bool {
        guard wanted.file.hasPrefix("memory."), let found = UInt64(found) else { return false }
        if wanted.text == "-1" { return found >= 1 << 62 }
        guard let number = UInt64(wanted.text) else { return false }
        return found == number - number % MemoryPage.size
    }

    private func hasDevice(_ found: String) -> Bool {
        let words = wanted.text.split(separator: " ")
        let line = found.split(separator: "\n").map { $0.split(separator: " ") }
            .first { $0.first == words.first }
        guard let line else {
            // A missing line means no limit.
            return words.dropFirst().allSatisfy { $0 == "0" || $0.hasSuffix("=max") }
        }
        return words.allSatisfy(line.contains)
    }

    private static func members(_ text: Substring) -> Set<Int>? {
        var result: Set<Int> = []
        for range in text.split(separator: ",") {
            let ends = range.split(separator: "-").compactMap { Int($0) }
            guard let low = ends.first, let high = ends.last, low <= high else { return nil }
            result.formUnion(low...high)
        }
        return result
    }
}
