internal import CgroupModel

/// A check of what an entry may change, because a forged one must not write anything else.
extension JournalEntry {
    /// Whether it refers to a value that cgwarden changes, a cgroup or a process, with plain paths.
    var isPlausible: Bool {
        guard path.isPlain else { return false }
        return switch subject {
        case .cgroup:
            cell == Self.made(path) && MembershipText(wanted)?.path.isPlain != false
        case .process(let pid, _): pid > 0 && MembershipText(original)?.path.isPlain == true
        case .value: isFreeze || isOOMControl || isPassingOn || LimitCatalog.hasFile(cell.file)
        }
    }
}

extension CgroupPath {
    /// Whether the path has no `.`, `..` or zero byte that could lead elsewhere.
    fileprivate var isPlain: Bool {
        !bytes.contains(0)
            && !bytes.split(separator: UInt8(ascii: "/")).contains { name in
                name.elementsEqual(".".utf8) || name.elementsEqual("..".utf8)
            }
    }
}

extension LimitCatalog {
    /// Whether a limit uses a file with this name.
    fileprivate static func hasFile(_ name: String) -> Bool {
        fileNames.contains(name)
            || pagedFiles.contains { prefix, suffix in
                guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return false }
                let size = name.dropFirst(prefix.count).dropLast(suffix.count)
                return !size.isEmpty
                    && size.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
            }
    }

    private static let fileNames = Set(all.flatMap { $0.v1 + $0.v2 }.map(\.name))

    /// The parts before and after the page size.
    private static let pagedFiles: [(String, String)] = fileNames.compactMap { name in
        let parts = name.split(separator: "*", omittingEmptySubsequences: false)
        return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
    }
}
