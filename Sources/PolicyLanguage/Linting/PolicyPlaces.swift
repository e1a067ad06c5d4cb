import Configuration

/// The positions of a policy's values, by path: `rules/park/until`.
struct PolicyPlaces {
    private var table: [String: ConfigPosition] = [:]

    subscript(path: String) -> ConfigPosition? {
        get { table[path] }
        set { table[path] = newValue }
    }
}
