extension PolicyEngine {
    /// Who may still use the CPUs of exclusive pools, as of the last tick.
    package var leftovers: [PoolLeftover] {
        guard let context, let pools = sources.lazy.compactMap({ $0 as? PoolSource }).first else {
            return []
        }
        return pools.leftovers(context)
    }
}
