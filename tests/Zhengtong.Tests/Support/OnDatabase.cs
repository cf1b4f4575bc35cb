using Xunit.v3;

namespace Zhengtong.Tests.Support;

/// <summary>Marks tests that touch the platform's database: <c>./test</c> runs them on SQLite and again on PostgreSQL.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class OnDatabaseAttribute : Attribute, ITraitAttribute
{
    /// <summary>True for the few that take so long that once must do: <c>./test</c> runs them on PostgreSQL.</summary>
    public bool Once { get; init; }

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => Once ? [new("On", "Database"), new("On", "PostgreSQL")] : [new("On", "Database")];
}
