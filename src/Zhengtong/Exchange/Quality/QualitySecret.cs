namespace Zhengtong.Exchange.Quality;

/// <summary>A secret of a provider, from which are derived: what hashed items are hashed with, and what keys of rows are digested with.</summary>
internal sealed class QualitySecret
{
    internal required Guid OrganisationId { get; init; }

    /// <summary>32 bytes, sealed in the vault.</summary>
    internal required byte[] Secret { get; init; }

    internal required DateTimeOffset CreatedAt { get; init; }

    internal static string Purpose(Guid organisation) => $"quality-secret:{organisation}";
}
