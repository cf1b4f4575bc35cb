using System.Text.Json;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Zhengtong.Kernel;

/// <summary>Columns that hold a small immutable value as JSON text, the same on both databases.</summary>
internal static class JsonColumn
{
    /// <summary>Stores the value as canonical JSON; the value must never be changed in place.</summary>
    internal static PropertyBuilder<T> AsJson<T>(this PropertyBuilder<T> property) where T : class? =>
        property.HasConversion(
            value => CanonicalJson.Of(value!),
            text => JsonSerializer.Deserialize<T>(text, CanonicalJson.Options)!,
            new ValueComparer<T>((a, b) => ReferenceEquals(a, b), value => value!.GetHashCode(), value => value));

    /// <summary>Stores the value as JSON that nobody signs: fractions are allowed. The value must never be changed in place.</summary>
    internal static PropertyBuilder<T> AsPlainJson<T>(this PropertyBuilder<T> property) where T : class? =>
        property.HasConversion(
            value => JsonSerializer.Serialize(value, CanonicalJson.Options),
            text => JsonSerializer.Deserialize<T>(text, CanonicalJson.Options)!,
            new ValueComparer<T>((a, b) => ReferenceEquals(a, b), value => value!.GetHashCode(), value => value));
}
