-- A figure is known, or its reason says why it is not: never both, never neither.
{% test no_figure_without_a_reason(model, figure, reason) %}

select *
from {{ model }}
where ({{ figure }} is null) = ({{ reason }} is null)

{% endtest %}
