using System.Globalization;
using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Search;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.OpenData.Ckan;

/// <summary>Puts a Solr query to the platform's own tables. Exact fields are compared as they are; word fields hold the words somewhere, case not regarded; what is said without a field is
/// found by the search index, which finds Chinese by pairs of characters.</summary>
internal sealed class DatasetFilter(ZhengtongDb db, DateTimeOffset now)
{
    /// <summary>Most clauses that need a look into descriptions or the index.</summary>
    private const int MostCostly = 100;

    private static readonly Expression<Func<Dataset, bool>> Always = _ => true;
    private static readonly Expression<Func<Dataset, bool>> Never = _ => false;

    private int costly;

    /// <summary>The condition.</summary>
    /// <exception cref="CkanFault">409 Search Error.</exception>
    internal Expression<Func<Dataset, bool>> Of(SolrQuery query) => query switch
    {
        SolrQuery.Everything => Always,
        SolrQuery.And and => Joined(and.Parts, Expression.AndAlso),
        SolrQuery.Or or => Joined(or.Parts, Expression.OrElse),
        SolrQuery.Not not => Of(not.Part) is var part ? Expression.Lambda<Func<Dataset, bool>>(Expression.Not(part.Body), part.Parameters) : Never,
        SolrQuery.Term term => OfTerm(term.Field, term.Pieces),
        SolrQuery.Phrase phrase => OfTerm(phrase.Field, [phrase.Text]),
        SolrQuery.Range range => OfRange(range),
        SolrQuery.HasValue value => OfValue(value.Field),
        _ => Never,
    };

    /// <summary>The terms by which what is found can be ranked: those that must all occur. Empty when there are none.</summary>
    internal static IReadOnlyList<Term> Ranking(SolrQuery query) => [.. Words(query).SelectMany(Bigrams.ToFind).Distinct().Take(100)];

    private static IEnumerable<string> Words(SolrQuery query) => query switch
    {
        SolrQuery.And and => and.Parts.SelectMany(Words),
        SolrQuery.Term { Field: null or "text" or "title" or "*" } term => term.Pieces,
        SolrQuery.Phrase { Field: null or "text" or "title" or "*" } phrase => [phrase.Text],
        _ => [],
    };

    private Expression<Func<Dataset, bool>> OfTerm(string? field, IReadOnlyList<string> pieces)
    {
        var whole = pieces.Count == 1 ? pieces[0] : null;
        switch (field)
        {
            case null or "text" or "*": return Anywhere(pieces);
            case "id": return Guid.TryParse(whole, out var id) ? d => d.Id == id : Never;
            case "name": return Matches(d => d.Name, pieces);
            case "title_string": return Matches(d => d.Title, pieces);
            case "license_id": return Matches(d => d.Licence, pieces);
            case "tags": return Listed(d => d.KeywordList, pieces);
            case "groups": return Listed(d => d.ThemeList, pieces);
            case "res_format": return Listed(d => d.FormatList, pieces);
            case "organization": return OfPublisher(pieces);
            case "owner_org": return Guid.TryParse(whole, out var owner) ? d => d.PublisherId == owner : Never;
            case "title": return pieces.Where(p => p.Length > 0).Select(p => p.ToLowerInvariant()).Select(p => (Expression<Func<Dataset, bool>>)(d => d.Title.ToLower().Contains(p))).ToList() is { Count: > 0 } all ? Joined(all, Expression.AndAlso) : Always;
            case "notes" or "maintainer" or "maintainer_email": return Described(DescriptionPath(field)!, pieces);
            case "author" or "author_email": return Never;
            case "res_name": return ByResource(r => r.Name.ToLower(), pieces);
            case "res_description": return ByIds(ResourceDescriptions(pieces));
            case "res_url": return whole is not null && ResourceIn(whole) is { } resource ? d => db.PublicResources.Any(r => r.Id == resource && r.DatasetId == d.Id) : Never;
            case "res_type": return Never;
            case "state": return Is("active");
            case "capacity": return Is("public");
            case "dataset_type" or "type" or "entity_type": return field == "entity_type" ? Is("package") : Is("dataset");
            case "private": return Is("false");
            case "isopen": return bool.TryParse(whole, out var open) ? Licensed(l => l.IsOpen == open) : Never;
            case "license_title": return Licensed(l => l.Title == whole);
            case "version": return int.TryParse(whole, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? d => d.Current == version : Never;
            case "num_resources": return int.TryParse(whole, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? d => d.OpenAttribute != OpenAttribute.NotOpen && db.PublicResources.Count(r => r.DatasetId == d.Id) == count || d.OpenAttribute == OpenAttribute.NotOpen && count == 0 : Never;
            case "num_tags": return Never;
            case "metadata_created" or "metadata_modified": return OfMoment(field, whole);
            case "spatial_region" or "extras_spatial_region": return Matches(d => d.Region ?? "", pieces);
            default: return OfExtra(field, pieces);
        }

        Expression<Func<Dataset, bool>> Is(string value) => Fits(value, pieces) ? Always : Never;
    }

    private Expression<Func<Dataset, bool>> OfExtra(string field, IReadOnlyList<string> pieces)
    {
        if (field.StartsWith("vocab_", StringComparison.Ordinal) || field.StartsWith("res_extras_", StringComparison.Ordinal)) { return Never; }
        var words = field.StartsWith("extras_", StringComparison.Ordinal);
        var key = words ? field["extras_".Length..] : field;
        if (DescriptionPath(key) is { } path) { return words ? Described(path, pieces) : ByIds(Descriptions($"{Text(path)} = {{0}}", string.Concat(pieces))); }
        return words ? ByIds(Extras(key, pieces)) : ByIds(ExtraValues(key, "= {1}", string.Concat(pieces)));
    }

    private Expression<Func<Dataset, bool>> OfRange(SolrQuery.Range range)
    {
        var (low, high) = (range.Low, range.High);
        if (low is null && high is null) { return OfValue(range.Field); }
        switch (range.Field)
        {
            case "metadata_created" or "metadata_modified":
                var parts = new List<Expression<Func<Dataset, bool>>>();
                if (low is not null) { parts.Add(Moment(range.Field, SolrDates.Parse(low, now), range.WithLow ? Expression.GreaterThanOrEqual : Expression.GreaterThan)); }
                if (high is not null) { parts.Add(Moment(range.Field, SolrDates.Parse(high, now), range.WithHigh ? Expression.LessThanOrEqual : Expression.LessThan)); }
                return Joined(parts, Expression.AndAlso);
            case "num_resources":
                if (!Number(low, 0, out var least) || !Number(high, int.MaxValue - 1, out var most)) { throw CkanFault.Search("A bound is no number"); }
                if (!range.WithLow && low is not null) { least++; }
                if (!range.WithHigh && high is not null) { most--; }
                return d => (d.OpenAttribute == OpenAttribute.NotOpen ? 0 : db.PublicResources.Count(r => r.DatasetId == d.Id)) >= least && (d.OpenAttribute == OpenAttribute.NotOpen ? 0 : db.PublicResources.Count(r => r.DatasetId == d.Id)) <= most;
            case "name": return Between(d => d.Name, range);
            case "title" or "title_string": return Between(d => d.Title, range);
            default:
                var key = range.Field.StartsWith("extras_", StringComparison.Ordinal) ? range.Field["extras_".Length..] : range.Field;
                var value = DescriptionPath(key) is { } path ? Text(path) : null;
                var column = value ?? "{value}";
                var (above, below) = (range.WithLow ? ">=" : ">", range.WithHigh ? "<=" : "<");
                if (value is null)
                {
                    return low is null ? ByIds(ExtraValues(key, $"{below} {{1}}", high!)) : high is null ? ByIds(ExtraValues(key, $"{above} {{1}}", low)) : ByIds(ExtraValues(key, $"{above} {{1}} AND {{value}} {below} {{2}}", low, high));
                }

                return low is null ? ByIds(Descriptions($"{column} {below} {{0}}", high!)) : high is null ? ByIds(Descriptions($"{column} {above} {{0}}", low)) : ByIds(Descriptions($"{column} {above} {{0}} AND {column} {below} {{1}}", low, high));
        }
    }

    private Expression<Func<Dataset, bool>> OfValue(string field)
    {
        switch (field)
        {
            case "id" or "name" or "title" or "title_string" or "license_id" or "organization" or "owner_org" or "state" or "capacity" or "dataset_type" or "type" or "entity_type" or "private"
                or "isopen" or "license_title" or "version" or "num_resources" or "num_tags" or "metadata_created" or "metadata_modified" or "text" or "*": return Always;
            case "tags": return d => d.KeywordList != "|";
            case "groups": return d => d.ThemeList != "|";
            case "res_format" or "res_name" or "res_url": return d => d.OpenAttribute != OpenAttribute.NotOpen && db.PublicResources.Any(r => r.DatasetId == d.Id);
            case "res_description": return ByIds(ResourceDescriptions([""]));
            case "author" or "author_email" or "res_type": return Never;
            case "spatial_region" or "extras_spatial_region": return d => d.Region != null;
            default:
                if (field.StartsWith("vocab_", StringComparison.Ordinal) || field.StartsWith("res_extras_", StringComparison.Ordinal)) { return Never; }
                var key = field.StartsWith("extras_", StringComparison.Ordinal) ? field["extras_".Length..] : field;
                return DescriptionPath(key) is { } path ? ByIds(Descriptions($"{Text(path)} <> {{0}}", "")) : ByIds(ExtraValues(key, "<> {1}", ""));
        }
    }

    private Expression<Func<Dataset, bool>> Anywhere(IReadOnlyList<string> pieces)
    {
        var terms = pieces.SelectMany(Bigrams.ToFind).Distinct().ToList();
        if (terms.Count == 0) { return Never; }
        Charge();
        var hits = SearchIndex.WithAll(db, DatasetSearch.Kind, terms).Select(h => h.Subject);
        // A theme's name and title are in no text of the dataset.
        if (pieces.Count > 1 || Theme.All.FirstOrDefault(t => t.Id == pieces[0] || t.Title == pieces[0]) is not { } theme) { return d => hits.Contains(d.Id); }
        var between = $"|{theme.Id}|";
        return d => hits.Contains(d.Id) || d.ThemeList.Contains(between);
    }

    private Expression<Func<Dataset, bool>> OfPublisher(IReadOnlyList<string> pieces)
    {
        if (pieces.Count == 1)
        {
            if (Guid.TryParse(pieces[0], out var id)) { return d => d.PublisherId == id; }
            if (!CkanOrganisations.TryCode(pieces[0], out var code)) { return Never; }
            var one = db.Organisations.Where(o => o.CreditCode == code).Select(o => o.Id);
            return d => one.Contains(d.PublisherId);
        }

        // Names are the codes in lower case.
        if (pieces.Any(p => p.Any(char.IsAsciiLetterUpper))) { return Never; }
        var (first, length) = (pieces[0].ToUpperInvariant(), pieces[0].Length);
        var some = db.Organisations.Where(o => ((string)(object)o.CreditCode).Substring(0, length) == first).Select(o => o.Id);
        return d => some.Contains(d.PublisherId);
    }

    private Expression<Func<Dataset, bool>> OfMoment(string field, string? text)
    {
        if (text is null) { throw CkanFault.Search("A date has no wildcard"); }
        return Moment(field, SolrDates.Parse(text, now), Expression.Equal);
    }

    private static Expression<Func<Dataset, bool>> Moment(string field, DateTimeOffset moment, Func<Expression, Expression, BinaryExpression> compare)
    {
        // A closure, so that the moment becomes a parameter of the query.
        Expression<Func<DateTimeOffset>> bound = () => moment;
        Expression<Func<Dataset, DateTimeOffset>> column = field == "metadata_modified" ? d => d.ModifiedAt : d => d.PublishedAt!.Value;
        return Expression.Lambda<Func<Dataset, bool>>(compare(column.Body, bound.Body), column.Parameters);
    }

    private static Expression<Func<Dataset, bool>> Licensed(Func<Licence, bool> fits)
    {
        var ids = Licence.All.Where(fits).Select(l => l.Id).ToList();
        return d => ids.Contains(d.Licence);
    }

    private Expression<Func<Dataset, bool>> ByResource(Expression<Func<PublicResource, string>> text, IReadOnlyList<string> pieces)
    {
        Charge();
        var resources = db.PublicResources.Where(r => db.Datasets.Any(d => d.Id == r.DatasetId && d.OpenAttribute != OpenAttribute.NotOpen));
        foreach (var piece in pieces.Where(p => p.Length > 0).Select(p => p.ToLowerInvariant()))
        {
            Expression<Func<string>> sought = () => piece;
            resources = resources.Where(Expression.Lambda<Func<PublicResource, bool>>(Expression.Call(text.Body, nameof(string.Contains), null, sought.Body), text.Parameters));
        }

        var datasets = resources.Select(r => r.DatasetId);
        return d => datasets.Contains(d.Id);
    }

    private Expression<Func<Dataset, bool>> Described(string path, IReadOnlyList<string> pieces)
    {
        // A word of a list, such as conditional, is the whole value: it also stands in unconditional.
        if (path is "openAttribute" or "updateCycle" or "coordinateSystem" && pieces is [var one, ..] && one.Length > 0) { return ByIds(Descriptions($"lower({Text(path)}) = {{0}}", one.ToLowerInvariant())); }
        var words = pieces.Where(p => p.Length > 0).Select(p => (object)p.ToLowerInvariant()).ToArray();
        return ByIds(Descriptions(words.Length == 0 ? $"{Text(path)} <> ''" : string.Join(" AND ", words.Select((_, i) => Holds(Text(path), i))), words));
    }

    private IQueryable<Guid> Extras(string key, IReadOnlyList<string> pieces)
    {
        var words = pieces.Where(p => p.Length > 0).Select(p => (object)p.ToLowerInvariant()).ToArray();
        return ExtraValues(key, words.Length == 0 ? "<> ''" : $"IS NOT NULL AND {string.Join(" AND ", words.Select((_, i) => Holds("{value}", i + 1)))}", words);
    }

    private IQueryable<Guid> ResourceDescriptions(IReadOnlyList<string> pieces)
    {
        var value = db.Database.IsSqlite() ? "json_extract(r.resource, '$.description')" : "(CAST(r.resource AS json) ->> 'description')";
        var words = pieces.Where(p => p.Length > 0).Select(p => (object)p.ToLowerInvariant()).ToArray();
        var condition = words.Length == 0 ? $"{value} <> ''" : string.Join(" AND ", words.Select((_, i) => Holds(value, i)));
        var sql = $"SELECT r.dataset_id AS \"Value\" FROM {Schema}public_resources AS r JOIN {Schema}datasets AS d ON d.id = r.dataset_id WHERE d.open_attribute <> 'NotOpen' AND {condition}";
        return db.Database.SqlQueryRaw<Guid>(sql, words);
    }

    /// <summary>Ids of the published datasets whose description satisfies a condition; it is put together from constants, values are parameters.</summary>
    private IQueryable<Guid> Descriptions(string condition, params object[] values)
    {
        var sql = $"SELECT d.id AS \"Value\" FROM {Schema}datasets AS d WHERE d.state = 'Published' AND {condition}";
        return db.Database.SqlQueryRaw<Guid>(sql, values);
    }

    /// <summary>The same for a pair that a client keeps with the dataset; the key is the first parameter.</summary>
    private IQueryable<Guid> ExtraValues(string key, string condition, params object[] values)
    {
        var value = db.Database.IsSqlite() ? "json_extract(x.value, '$.value')" : "(x.value ->> 'value')";
        var from = db.Database.IsSqlite()
            ? "datasets AS d, json_each(d.description, '$.extras') AS x WHERE d.state = 'Published' AND json_extract(x.value, '$.key') = {0}"
            : "open_data.datasets AS d CROSS JOIN LATERAL json_array_elements(CASE WHEN json_typeof(CAST(d.description AS json) -> 'extras') = 'array' THEN CAST(d.description AS json) -> 'extras' ELSE '[]' END) AS x(value) WHERE d.state = 'Published' AND x.value ->> 'key' = {0}";
        var sql = $"SELECT d.id AS \"Value\" FROM {from} AND {value} {condition.Replace("{value}", value, StringComparison.Ordinal)}";
        return db.Database.SqlQueryRaw<Guid>(sql, [key, .. values]);
    }

    private string Schema => db.Database.IsSqlite() ? "" : "open_data.";

    /// <summary>A text of the description, by one of the constants below.</summary>
    private string Text(string path) => db.Database.IsSqlite() ? $"json_extract(d.description, '$.{path}')" : $"(CAST(d.description AS json) ->> '{path}')";

    private string Holds(string value, int parameter) => db.Database.IsSqlite() ? $"instr(lower({value}), {{{parameter}}}) > 0" : $"strpos(lower({value}), {{{parameter}}}) > 0";

    /// <summary>Where the description keeps what the package dict shows under this key.</summary>
    private static string? DescriptionPath(string key) => key switch
    {
        "notes" => "notes",
        "maintainer" => "contactName",
        "maintainer_email" => "contactMail",
        "contact_phone" => "contactPhone",
        "update_frequency" => "updateCycle",
        "open_attribute" => "openAttribute",
        "open_condition" => "openCondition",
        "temporal_start" => "from",
        "temporal_end" => "to",
        "coordinate_system" => "coordinateSystem",
        _ => null,
    };

    private Expression<Func<Dataset, bool>> ByIds(IQueryable<Guid> ids)
    {
        Charge();
        return d => ids.Contains(d.Id);
    }

    private void Charge()
    {
        if (++costly > MostCostly) { throw CkanFault.Search("too many clauses over texts"); }
    }

    private static bool Fits(string value, IReadOnlyList<string> pieces) =>
        pieces.Count == 1 ? value == pieces[0] : value.StartsWith(pieces[0], StringComparison.Ordinal) && value.EndsWith(pieces[^1], StringComparison.Ordinal) && pieces.All(p => value.Contains(p, StringComparison.Ordinal));

    /// <summary>The whole text, or a text of these pieces; substr and not LIKE, which regards no case on SQLite.</summary>
    private static Expression<Func<Dataset, bool>> Matches(Expression<Func<Dataset, string>> column, IReadOnlyList<string> pieces)
    {
        var parts = new List<Expression>();
        if (pieces.Count == 1)
        {
            var whole = pieces[0];
            Expression<Func<string>> value = () => whole;
            parts.Add(Expression.Equal(column.Body, value.Body));
        }
        else
        {
            var first = pieces[0];
            if (first.Length > 0)
            {
                Expression<Func<string>> value = () => first;
                parts.Add(Expression.Equal(Expression.Call(column.Body, nameof(string.Substring), null, Expression.Constant(0), Expression.Constant(first.Length)), value.Body));
            }

            foreach (var piece in pieces.Skip(1).Where(p => p.Length > 0))
            {
                Expression<Func<string>> value = () => piece;
                parts.Add(Expression.Call(column.Body, nameof(string.Contains), null, value.Body));
            }
        }

        return parts.Count == 0 ? Always : Expression.Lambda<Func<Dataset, bool>>(parts.Aggregate(Expression.AndAlso), column.Parameters);
    }

    /// <summary>One of the values that stand between bars.</summary>
    private static Expression<Func<Dataset, bool>> Listed(Expression<Func<Dataset, string>> column, IReadOnlyList<string> pieces)
    {
        IEnumerable<string> sought = pieces.Count == 1 ? [$"|{pieces[0].Replace('|', '/')}|"]
            : [.. pieces[0].Length > 0 ? [$"|{pieces[0]}"] : (string[])[], .. pieces.Skip(1).SkipLast(1).Where(p => p.Length > 0), .. pieces[^1].Length > 0 ? [$"{pieces[^1]}|"] : (string[])[]];
        var parts = new List<Expression>();
        foreach (var part in sought)
        {
            Expression<Func<string>> value = () => part;
            parts.Add(Expression.Call(column.Body, nameof(string.Contains), null, value.Body));
        }

        return parts.Count == 0 ? Always : Expression.Lambda<Func<Dataset, bool>>(parts.Aggregate(Expression.AndAlso), column.Parameters);
    }

    private static Expression<Func<Dataset, bool>> Between(Expression<Func<Dataset, string>> column, SolrQuery.Range range)
    {
        var compare = typeof(string).GetMethod(nameof(string.Compare), [typeof(string), typeof(string)])!;
        var parts = new List<Expression>();
        if (range.Low is { } low)
        {
            Expression<Func<string>> value = () => low;
            var compared = Expression.Call(compare, column.Body, value.Body);
            parts.Add(range.WithLow ? Expression.GreaterThanOrEqual(compared, Expression.Constant(0)) : Expression.GreaterThan(compared, Expression.Constant(0)));
        }

        if (range.High is { } high)
        {
            Expression<Func<string>> value = () => high;
            var compared = Expression.Call(compare, column.Body, value.Body);
            parts.Add(range.WithHigh ? Expression.LessThanOrEqual(compared, Expression.Constant(0)) : Expression.LessThan(compared, Expression.Constant(0)));
        }

        return Expression.Lambda<Func<Dataset, bool>>(parts.Aggregate(Expression.AndAlso), column.Parameters);
    }

    private Expression<Func<Dataset, bool>> Joined(IReadOnlyList<SolrQuery> parts, Func<Expression, Expression, BinaryExpression> join) => Joined([.. parts.Select(Of)], join);

    /// <summary>Joins as a balanced tree: a thousand clauses in a chain are deeper than databases take.</summary>
    private static Expression<Func<Dataset, bool>> Joined(IReadOnlyList<Expression<Func<Dataset, bool>>> parts, Func<Expression, Expression, BinaryExpression> join)
    {
        var dataset = Expression.Parameter(typeof(Dataset), "d");
        var bodies = parts.Select(p => new Renamed(p.Parameters[0], dataset).Visit(p.Body)).ToList();
        while (bodies.Count > 1) { bodies = [.. bodies.Chunk(2).Select(pair => pair.Length == 2 ? join(pair[0], pair[1]) : pair[0])]; }
        return Expression.Lambda<Func<Dataset, bool>>(bodies[0], dataset);
    }

    private static bool Number(string? text, int otherwise, out int number)
    {
        number = otherwise;
        return text is null || int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>The resource in one of our own addresses.</summary>
    private static Guid? ResourceIn(string address)
    {
        var at = address.IndexOf("/resource/", StringComparison.Ordinal);
        return at >= 0 && address.Length >= at + 46 && Guid.TryParse(address.AsSpan(at + 10, 36), out var id) ? id : null;
    }

    private sealed class Renamed(ParameterExpression from, ParameterExpression to) : ExpressionVisitor
    {
        protected override Expression VisitParameter(ParameterExpression node) => node == from ? to : base.VisitParameter(node);
    }
}
