/// A unit of bytes: `B`, `KiB` and its powers of 1024, `kB` and its powers of 1000.
package struct ByteUnit: Hashable, Sendable {
    /// The name that is printed, such as `MiB`.
    package let name: String
    /// 1024 or 1000.
    package let base: UInt64
    /// The power of the base.
    package let power: Int

    /// The size in bytes.
    package var bytes: UInt64 { (0..<power).reduce(1) { size, _ in size * base } }

    /// All units, smallest first, those of 1024 before those of 1000.
    package static let all =
        [ByteUnit(name: "B", base: 1024, power: 0)]
        + ["KiB", "MiB", "GiB", "TiB"].enumerated().map {
            ByteUnit(name: $1, base: 1024, power: $0 + 1)
        }
        + ["kB", "MB", "GB", "TB"].enumerated().map {
            ByteUnit(name: $1, base: 1000, power: $0 + 1)
        }

    private init(name: String, base: UInt64, power: Int) {
        self.name = name
        self.base = base
        self.power = power
    }

    /// The unit that a text names: `MiB`, `mib`, `Mi`, `MB`, `mb`; nil for anything else.
    ///
    /// A letter alone is ambiguous: systemd reads `M` as 1024 squared, Kubernetes as 1000 squared.
    package init?(_ text: some StringProtocol) {
        let typed = text.lowercased()
        let full = typed.hasSuffix("i") ? typed + "b" : typed
        guard let unit = Self.all.first(where: { $0.name.lowercased() == full }) else { return nil }
        self = unit
    }

    /// Both units that a letter such as `M` may mean, the one of 1024 first; empty for other texts.
    package static func meanings(of text: some StringProtocol) -> [ByteUnit] {
        let letter = text.lowercased()
        guard letter.count == 1, letter != "b" else { return [] }
        return all.filter { $0.name.lowercased().hasPrefix(letter) }
    }
}
