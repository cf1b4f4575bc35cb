using Xunit.v3;

namespace Zhengtong.Tests.Support;

/// <summary>Marks tests that touch the platform's database: <c>./test</c> runs them on SQLite and again on PostgreSQL.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class OnDatabaseAttribute : Attribute, ITraitAttribute
{
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("On", "Database")];
}
