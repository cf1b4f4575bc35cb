using System.Collections;
using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Kernel.Http;

/// <summary>A text that must be a unified social credit code 统一社会信用代码 (GB 32100-2015); null passes.</summary>
internal sealed class CreditCodeAttribute : ValidationAttribute
{
    /// <inheritdoc/>
    public override bool IsValid(object? value) => value is null || (value is string text && CreditCode.TryParse(text, null, out _));
}

/// <summary>A text that must be an administrative division code 行政区划代码 of 2, 4, 6, 9 or 12 digits; null passes.</summary>
internal sealed class RegionCodeAttribute : ValidationAttribute
{
    /// <inheritdoc/>
    public override bool IsValid(object? value) => value is null || (value is string text && RegionCode.TryParse(text, null, out _));
}

/// <summary>Finds everything wrong with a request at once, field names as on the wire, sentences in the reader's language.
/// Endpoints of the API group are checked before their handler runs; a page calls <see cref="Of"/> before it calls a handler.
/// An attribute's ErrorMessage, when given, is a text key.</summary>
internal static class RequestFaults
{
    private static readonly ConcurrentDictionary<Type, Field[]> Fields = new();

    /// <summary>Field paths (<c>items[0].column</c>) to sentences; empty when nothing is wrong.</summary>
    internal static Dictionary<string, string[]> Of(object request)
    {
        var faults = new Dictionary<string, List<string>>();
        Inspect(request, "", faults, depth: 0);
        return Settled(faults);
    }

    /// <summary>Checks every argument that comes from the request; the handler runs only when all are right.</summary>
    internal static EndpointFilterDelegate Filter(EndpointFilterFactoryContext endpoint, EndpointFilterDelegate next)
    {
        var services = endpoint.ApplicationServices.GetService<IServiceProviderIsService>();
        var inspected = endpoint.MethodInfo.GetParameters().Index()
            .Where(p => services?.IsService(p.Item.ParameterType) != true && !IsPlumbing(p.Item.ParameterType)).ToArray();
        if (inspected.Length == 0) { return next; }
        var parameters = inspected.Select(p => (p.Index, IsBody: IsRecord(p.Item.ParameterType), Field: new Field(NameOf(p.Item), Rules(p.Item), _ => null, false))).ToArray();

        return async context =>
        {
            var faults = new Dictionary<string, List<string>>();
            foreach (var (index, isBody, field) in parameters)
            {
                if (isBody && context.Arguments[index] is { } record) { Inspect(record, "", faults, depth: 0); }
                else { Check(field, context.Arguments[index], field.Name, faults, depth: 0); }
            }

            return faults.Count == 0 ? await next(context) : KernelProblems.Invalid.For(Settled(faults));
        };
    }

    private static Dictionary<string, string[]> Settled(Dictionary<string, List<string>> faults) => faults.ToDictionary(f => f.Key, f => f.Value.ToArray());

    private static void Inspect(object value, string path, Dictionary<string, List<string>> faults, int depth)
    {
        // Deeper than JSON is read; only an object that holds itself gets here.
        if (depth > 32) { return; }
        foreach (var field in Fields.GetOrAdd(value.GetType(), FieldsOf))
        {
            Check(field, field.Read(value), path.Length == 0 ? field.Name : $"{path}.{field.Name}", faults, depth);
        }

        if (value is IValidatableObject itself)
        {
            foreach (var result in itself.Validate(new ValidationContext(value)))
            {
                foreach (var member in result.MemberNames.DefaultIfEmpty(""))
                {
                    var name = JsonNamingPolicy.CamelCase.ConvertName(member);
                    Add(faults, path.Length == 0 || name.Length == 0 ? path + name : $"{path}.{name}", result.ErrorMessage ?? Text.Of("kernel.validation.wrong"));
                }
            }
        }
    }

    private static void Check(Field field, object? value, string path, Dictionary<string, List<string>> faults, int depth)
    {
        foreach (var rule in field.Rules)
        {
            if (rule.IsValid(value)) { continue; }
            Add(faults, path, Sentence(rule));
            // Nothing more to say about a value that is not there.
            if (rule is RequiredAttribute) { return; }
        }

        switch (value)
        {
            case null:
                break;
            case string text:
                if (!IsStorable(text)) { Add(faults, path, Text.Of("kernel.validation.control-characters")); }
                break;
            case IDictionary map:
                foreach (DictionaryEntry entry in map) { Check(Field.Bare, entry.Value, $"{path}.{entry.Key}", faults, depth + 1); }
                break;
            case IEnumerable list when value is not byte[]:
                var n = 0;
                var item = field.ItemsAreThere ? Field.There : Field.Bare;
                foreach (var one in list) { Check(item, one, $"{path}[{n++}]", faults, depth + 1); }
                break;
            default:
                if (IsRecord(value.GetType())) { Inspect(value, path, faults, depth + 1); }
                break;
        }
    }

    private static void Add(Dictionary<string, List<string>> faults, string path, string sentence)
    {
        if (!faults.TryGetValue(path, out var sentences)) { faults[path] = sentences = []; }
        sentences.Add(sentence);
    }

    /// <summary>False for what no text of ours holds: control characters other than tab and line ends (PostgreSQL cannot store NUL), halves of surrogate pairs.</summary>
    internal static bool IsStorable(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])) { i++; continue; }
            if (char.IsSurrogate(text[i]) || (char.IsControl(text[i]) && text[i] is not ('\t' or '\n' or '\r'))) { return false; }
        }

        return true;
    }

    /// <summary>What is wrong and how to put it right; the rule's own text when it names one.</summary>
    internal static string Sentence(ValidationAttribute rule) => rule switch
    {
        { ErrorMessage: { } key } when Text.Find(key) is { } own => own,
        RequiredAttribute => Text.Of("kernel.validation.required"),
        StringLengthAttribute { MinimumLength: > 0 } r => Text.Of("kernel.validation.length-between", r.MinimumLength, r.MaximumLength),
        StringLengthAttribute r => Text.Of("kernel.validation.length-at-most", r.MaximumLength),
        LengthAttribute r => Text.Of("kernel.validation.count-between", r.MinimumLength, r.MaximumLength),
        MinLengthAttribute r => Text.Of("kernel.validation.count-at-least", r.Length),
        MaxLengthAttribute r => Text.Of("kernel.validation.count-at-most", r.Length),
        RangeAttribute { Maximum: int.MaxValue or double.MaxValue } r => Text.Of("kernel.validation.at-least", r.Minimum),
        RangeAttribute r => Text.Of("kernel.validation.between", r.Minimum, r.Maximum),
        RegularExpressionAttribute r => Text.Of("kernel.validation.form", r.Pattern),
        EmailAddressAttribute => Text.Of("kernel.validation.email"),
        UrlAttribute => Text.Of("kernel.validation.url"),
        AllowedValuesAttribute r => Text.Of("kernel.validation.one-of", string.Join(", ", r.Values.Select(v => Convert.ToString(v, CultureInfo.InvariantCulture)))),
        CreditCodeAttribute => Text.Of("kernel.validation.credit-code"),
        RegionCodeAttribute => Text.Of("kernel.validation.region-code"),
        _ => Text.Of("kernel.validation.wrong"),
    };

    private static Field[] FieldsOf(Type type)
    {
        // A positional record keeps its attributes on the constructor's parameters.
        var positional = type.GetConstructors().OrderByDescending(c => c.GetParameters().Length).FirstOrDefault()?.GetParameters()
            .Where(p => p.Name is not null).ToDictionary(p => p.Name!, StringComparer.Ordinal) ?? [];
        return [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanRead && p.GetIndexParameters().Length == 0)
            .Select(p => FieldOf(p, positional.GetValueOrDefault(p.Name)))];
    }

    private static Field FieldOf(PropertyInfo property, ParameterInfo? positional)
    {
        var nullability = new NullabilityInfoContext().Create(property);
        IEnumerable<ValidationAttribute> rules = positional is null ? Rules(property) : [.. Rules(property), .. Rules(positional)];
        // What the type says may not be null must be there, as if it said Required.
        if (!property.PropertyType.IsValueType && nullability.ReadState == NullabilityState.NotNull && !rules.Any(r => r is RequiredAttribute))
        {
            rules = rules.Prepend(new RequiredAttribute { AllowEmptyStrings = true });
        }

        var item = nullability.ElementType ?? nullability.GenericTypeArguments.FirstOrDefault();
        return new Field(positional is null ? NameOf(property) : NameOf(positional, property), [.. rules], property.GetValue,
            item is { ReadState: NullabilityState.NotNull } && !item.Type.IsValueType);
    }

    private static ValidationAttribute[] Rules(ICustomAttributeProvider place) =>
        [.. place.GetCustomAttributes(typeof(ValidationAttribute), inherit: true).Cast<ValidationAttribute>().OrderBy(r => r is RequiredAttribute ? 0 : 1)];

    private static string NameOf(ICustomAttributeProvider place, MemberInfo? property = null)
    {
        object[] all = [.. place.GetCustomAttributes(inherit: true), .. property?.GetCustomAttributes(inherit: true) ?? []];
        var plain = place switch { ParameterInfo p => p.Name!, MemberInfo m => m.Name, _ => "" };
        return all.OfType<IFromQueryMetadata>().FirstOrDefault()?.Name
            ?? all.OfType<IFromHeaderMetadata>().FirstOrDefault()?.Name
            ?? all.OfType<IFromRouteMetadata>().FirstOrDefault()?.Name
            ?? all.OfType<JsonPropertyNameAttribute>().FirstOrDefault()?.Name
            ?? JsonNamingPolicy.CamelCase.ConvertName(plain);
    }

    private static bool IsRecord(Type type) => type is { IsPrimitive: false, IsEnum: false } && type.Assembly == typeof(RequestFaults).Assembly && !typeof(IEnumerable).IsAssignableFrom(type)
        && type.GetInterface("System.IParsable`1") is null;

    private static bool IsPlumbing(Type type) => type == typeof(CancellationToken) || typeof(HttpContext).IsAssignableFrom(type) || typeof(Stream).IsAssignableFrom(type)
        || type == typeof(HttpRequest) || type == typeof(HttpResponse) || type == typeof(System.Security.Claims.ClaimsPrincipal) || type == typeof(System.IO.Pipelines.PipeReader)
        || typeof(IFormFile).IsAssignableFrom(type) || typeof(IFormCollection).IsAssignableFrom(type) || type == typeof(ProblemDetails);

    /// <param name="Name">As on the wire.</param>
    /// <param name="Rules">Required first.</param>
    /// <param name="Read">Its value in the object that holds it.</param>
    /// <param name="ItemsAreThere">A list whose items may not be null.</param>
    private sealed record Field(string Name, ValidationAttribute[] Rules, Func<object, object?> Read, bool ItemsAreThere)
    {
        internal static readonly Field Bare = new("", [], _ => null, false);
        internal static readonly Field There = Bare with { Rules = [new RequiredAttribute { AllowEmptyStrings = true }] };
    }
}
