using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Kernel.Http;

/// <summary>How JSON is read and written. Strict, because a misspelt optional member that is passed over in silence does something else than was asked:
/// unknown and repeated members are refused, so are numbers as text, and nesting deeper than 32.</summary>
internal static class RequestJson
{
    internal static void Configure(JsonSerializerOptions options)
    {
        options.NumberHandling = JsonNumberHandling.Strict;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.MaxDepth = 32;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
        options.Converters.Add(new CodeConverter<CreditCode>());
        options.Converters.Add(new CodeConverter<RegionCode>());
        options.TypeInfoResolver = (options.TypeInfoResolver ?? new DefaultJsonTypeInfoResolver()).WithAddedModifier(DemandValues);
    }

    /// <summary>An enum, number, date or id that is left out would become zero, the first choice, the year one: it must be there unless it may be null or has a default.
    /// A flag that is left out is false; a text or object that is left out is found by <see cref="RequestFaults"/>, with everything else that is wrong.</summary>
    private static void DemandValues(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object || type.Type.Assembly != typeof(RequestJson).Assembly) { return; }
        foreach (var property in type.Properties)
        {
            if (property.AssociatedParameter is { HasDefaultValue: false } && property.PropertyType is { IsValueType: true } of
                && Nullable.GetUnderlyingType(of) is null && of != typeof(bool))
            {
                property.IsRequired = true;
            }
        }
    }

    /// <summary>A code on the wire is its text as people write it.</summary>
    private sealed class CodeConverter<T> : JsonConverter<T> where T : struct, IParsable<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && T.TryParse(reader.GetString(), null, out var code) ? code : throw new JsonException();

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
