import Configuration

/// Where the values of a policy stand: `rules/park/until`.
struct PolicyPlaces {
    private var table: [String: ConfigPosition] = [:]

    subscript(path: String) -> ConfigPosition? {
        get { table[path] }
        set { table[path] = newValue }
    }
}
